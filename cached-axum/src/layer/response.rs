//! One request and its response.

use std::sync::Arc;

use axum_core::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use cached_core::Observer;
use headers::{CacheControl, ETag, HeaderMapExt as _, IfNoneMatch};
use http::{
    HeaderMap, Method, StatusCode,
    header::{ETAG, SET_COOKIE},
    request::Parts,
};

use super::{
    body,
    cache_control::{Freshness, Keeper},
    cache_status::{self, CACHE_STATUS, Summary},
    config::{Settings, Wishes},
    etag,
};

/// Larger bodies get no tag: to make one takes the thread a millisecond for each few MiB. It is also what an entry holds
/// at most by default.
const LARGEST_TAGGED: u64 = 8 * 1024 * 1024;

/// What has to be known of a request when its response is there.
pub(crate) struct Exchange {
    pub(crate) settings: Arc<Settings>,
    pub(crate) wishes: Wishes,
    method: Method,
    if_none_match: Option<IfNoneMatch>,
    keeper: Keeper,
}

impl Exchange {
    pub(crate) fn new(settings: Arc<Settings>, request: &Parts) -> Self {
        Self {
            wishes: settings.wishes(request),
            method: request.method.clone(),
            if_none_match: etag::if_none_match(&request.headers),
            keeper: settings.keeper(request),
            settings,
        }
    }

    /// An observer for what is inside.
    pub(crate) fn observer(&self) -> Observer {
        let mut observer = Observer::new();
        if let Some(max_age) = self.wishes.max_age {
            observer = observer.max_age(max_age);
        }
        if self.wishes.only_if_cached {
            observer = observer.only_if_cached();
        }
        observer
    }

    /// Writes into the response what the observer has seen.
    pub(crate) async fn finish(self, mut response: Response, observer: &Observer) -> Response {
        let calls = observer.calls();
        if calls.is_empty() || response.headers().contains_key(SET_COOKIE) {
            return response;
        }
        let summary = Summary::of(&calls, observer.beyond());
        let headers = response.headers_mut();
        let is_wish = self.wishes.refresh || observer.has_declined();
        if let Some(member) = summary.member(&self.settings.name, is_wish) {
            headers.append(CACHE_STATUS, member);
        }
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        if !is_read || response.status() != StatusCode::OK {
            return response;
        }
        if let ([call], 0) = (&*calls, observer.beyond())
            && call.is_response()
        {
            let freshness = Freshness {
                answer: call.answer,
                age: call.age,
                fresh_for: call.fresh_for,
            };
            let headers = response.headers_mut();
            freshness.write(headers, &self.keeper, self.settings.revalidates);
        }
        self.tag(response).await
    }

    /// Writes the tag of the body; a `304` if the client has it.
    async fn tag(self, mut response: Response) -> Response {
        let tag = if response.headers().contains_key(ETAG) {
            etag::set_by_handler(response.headers())
        } else {
            let (head, body) = response.into_parts();
            let (tag, body) = self.tag_of(&head.headers, body).await;
            response = Response::from_parts(head, body);
            if let Some(tag) = &tag {
                response.headers_mut().typed_insert(tag.clone());
            }
            tag
        };
        if let (Some(tag), Some(asked)) = (tag, self.if_none_match)
            && !asked.precondition_passes(&tag)
        {
            etag::not_modified(&mut response);
        }
        response
    }

    async fn tag_of(&self, headers: &HeaderMap, body: Body) -> (Option<ETag>, Body) {
        let control: Option<CacheControl> = headers.typed_get();
        if control.is_some_and(|control| control.no_store()) {
            return (None, body);
        }
        let (whole, body) = body::whole(body, LARGEST_TAGGED).await;
        // A response to `HEAD` may have lost its body on the way here.
        let whole = whole.filter(|whole| self.method != Method::HEAD || !whole.is_empty());
        let tag = whole.and_then(|whole| etag::of(headers, &whole));
        (tag, body)
    }

    /// The client wanted what is stored, and it is not.
    pub(crate) fn refused(self) -> Response {
        let mut response = Response::new(Body::empty());
        let text = "only-if-cached: the answer is not stored";
        if self.method != Method::HEAD {
            response = text.into_response();
        }
        *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
        if let Some(member) = cache_status::refused(&self.settings.name) {
            response.headers_mut().append(CACHE_STATUS, member);
        }
        response
    }
}
