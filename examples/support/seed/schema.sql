-- Words: a rank and a level by how often they are used, and which words their definitions are made of.
CREATE TABLE word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, uses INTEGER NOT NULL, level TEXT NOT NULL);
CREATE INDEX word_level ON word (level, id);
CREATE TABLE sense (word_id INTEGER NOT NULL, part TEXT NOT NULL, uses INTEGER NOT NULL, definition TEXT NOT NULL);
CREATE INDEX sense_word ON sense (word_id);
CREATE TABLE mention (term TEXT NOT NULL, word_id INTEGER NOT NULL, PRIMARY KEY (term, word_id)) WITHOUT ROWID;
CREATE INDEX mention_word ON mention (word_id);
CREATE TABLE term (term TEXT PRIMARY KEY, weight REAL NOT NULL) WITHOUT ROWID;

-- People who learn them.
CREATE TABLE user (id INTEGER PRIMARY KEY, telegram_id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, language TEXT NOT NULL, level TEXT NOT NULL);
CREATE TABLE setting (user_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (user_id, name)) WITHOUT ROWID;
CREATE TABLE message (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, sent_at TEXT NOT NULL);
CREATE INDEX message_user ON message (user_id, id);
CREATE TABLE practice (user_id INTEGER NOT NULL, day TEXT NOT NULL, minutes INTEGER NOT NULL, messages INTEGER NOT NULL, PRIMARY KEY (user_id, day)) WITHOUT ROWID;
CREATE TABLE user_word (user_id INTEGER NOT NULL, word_id INTEGER NOT NULL, known INTEGER NOT NULL, due TEXT NOT NULL, PRIMARY KEY (user_id, word_id)) WITHOUT ROWID;
CREATE TABLE exercise (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, text TEXT NOT NULL);

-- What they watch.
CREATE TABLE series (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE episode (id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL);
CREATE INDEX episode_series ON episode (series_id, number);
CREATE TABLE subtitle (episode_id INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (episode_id, number)) WITHOUT ROWID;

-- A school.
CREATE TABLE course (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE student (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE enrolment (course_id INTEGER NOT NULL, student_id INTEGER NOT NULL, progress REAL NOT NULL, score REAL NOT NULL, PRIMARY KEY (course_id, student_id)) WITHOUT ROWID;
CREATE INDEX enrolment_student ON enrolment (student_id);
CREATE TABLE activity (course_id INTEGER NOT NULL, student_id INTEGER NOT NULL, day TEXT NOT NULL, minutes INTEGER NOT NULL);
CREATE INDEX activity_course ON activity (course_id);
CREATE INDEX activity_student ON activity (student_id);

-- A platform for agents that teach.
CREATE TABLE scenario (id INTEGER PRIMARY KEY, title TEXT NOT NULL, page TEXT NOT NULL);
CREATE TABLE simulation (id INTEGER PRIMARY KEY, scenario_id INTEGER NOT NULL, user_id INTEGER NOT NULL, score REAL NOT NULL);
CREATE INDEX simulation_scenario ON simulation (scenario_id);
CREATE INDEX simulation_user ON simulation (user_id);
CREATE TABLE agent_session (id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, scenario_id INTEGER NOT NULL, data TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
