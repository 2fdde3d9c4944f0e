//! The rows of the database, each with one version, and which of them an invalidation covers.

use crate::rng::Rng;

const USERS: u64 = 5;
const COURSES: u64 = 3;
const LANGUAGES: u64 = 2;

/// The row that one cached call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A function whose prefix names every argument.
    Profile { user: u64 },
    /// The same with a tag.
    Grade { user: u64, course: u64 },
    /// A function whose prefix leaves an argument to the digest: two calls are in the same groups.
    Summary { user: u64, language: u64 },
    /// A key from text.
    Note { user: u64 },
}

impl Row {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..USERS).flat_map(|user| {
            let grades = (0..COURSES).map(move |course| Self::Grade { user, course });
            let summaries = (0..LANGUAGES).map(move |language| Self::Summary { user, language });
            [Self::Profile { user }, Self::Note { user }]
                .into_iter()
                .chain(grades)
                .chain(summaries)
        })
    }

    pub(crate) fn any(rng: &mut Rng) -> Self {
        let user = rng.below(USERS);
        match rng.below(4) {
            0 => Self::Profile { user },
            1 => Self::Grade {
                user,
                course: rng.below(COURSES),
            },
            2 => Self::Summary {
                user,
                language: rng.below(LANGUAGES),
            },
            _ => Self::Note { user },
        }
    }

    pub(crate) fn user(self) -> u64 {
        let (Self::Profile { user }
        | Self::Grade { user, .. }
        | Self::Summary { user, .. }
        | Self::Note { user }) = self;
        user
    }

    /// Its position in the order of [`all`](Self::all).
    pub(crate) fn index(self) -> usize {
        let within = match self {
            Self::Profile { .. } => 0,
            Self::Note { .. } => 1,
            Self::Grade { course, .. } => 2 + course,
            Self::Summary { language, .. } => 2 + COURSES + language,
        };
        usize::try_from(self.user() * (2 + COURSES + LANGUAGES) + within).unwrap()
    }

    fn function(self) -> u8 {
        match self {
            Self::Profile { .. } => 0,
            Self::Grade { .. } => 1,
            Self::Summary { .. } => 2,
            Self::Note { .. } => 3,
        }
    }
}

/// The extent of an invalidation, seen from one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One call.
    Call,
    /// `user:7:*`
    User,
    /// All of a function.
    Function,
    /// A tag.
    Course,
    /// `user:*`
    Users,
    /// Everything.
    Namespace,
}

impl Scope {
    /// A scope that covers `row`: most often a small one.
    pub(crate) fn any(rng: &mut Rng, row: Row) -> Self {
        let is_tagged = matches!(row, Row::Grade { .. });
        let is_function = !matches!(row, Row::Note { .. });
        match rng.below(100) {
            0..=19 => Self::User,
            20..=39 if is_tagged => Self::Course,
            40..=47 if is_function => Self::Function,
            48..=49 => Self::Users,
            50 => Self::Namespace,
            _ => Self::Call,
        }
    }

    /// Every row that an invalidation of this much around `row` covers.
    pub(crate) fn covers(self, row: Row) -> impl Iterator<Item = Row> {
        Row::all().filter(move |other| match (self, row, *other) {
            (Self::Call, ..) => *other == row,
            (Self::User, ..) => other.user() == row.user(),
            (Self::Function, ..) => other.function() == row.function(),
            (Self::Course, Row::Grade { course, .. }, Row::Grade { course: that, .. }) => {
                course == that
            }
            (Self::Course, ..) => false,
            (Self::Users | Self::Namespace, ..) => true,
        })
    }
}

#[test]
fn rows_are_numbered_in_their_order() {
    let indices: Vec<usize> = Row::all().map(Row::index).collect();
    assert_eq!(indices, (0..indices.len()).collect::<Vec<_>>());
    for row in Row::all() {
        for scope in [Scope::Call, Scope::User, Scope::Users, Scope::Namespace] {
            assert!(scope.covers(row).any(|covered| covered == row));
        }
    }
}
