//! [`PendingResponse`]: what is written into the response to a request.

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
    cache_control::{Cacheability, Freshness},
    cache_status::{self, CACHE_STATUS, Summary},
    config::{AllowedDirectives, Config},
    etag,
};

/// The largest body that gets a tag: to make one takes the thread a millisecond for each few MiB. It is also what an
/// entry holds at most by default.
const MAX_TAGGED_BODY: u64 = 8 * 1024 * 1024;

/// The parts of a request that its response depends on, kept until that is there.
pub(crate) struct PendingResponse {
    pub(crate) config: Arc<Config>,
    pub(crate) directives: AllowedDirectives,
    method: Method,
    if_none_match: Option<IfNoneMatch>,
    cacheability: Cacheability,
}

impl PendingResponse {
    pub(crate) fn new(config: Arc<Config>, request: &Parts) -> Self {
        Self {
            directives: config.allowed_directives(request),
            method: request.method.clone(),
            if_none_match: etag::read_if_none_match(&request.headers),
            cacheability: config.cacheability(request),
            config,
        }
    }

    /// Creates the observer of the calls inside.
    pub(crate) fn observer(&self) -> Observer {
        let mut observer = Observer::new();
        if let Some(max_age) = self.directives.max_age {
            observer = observer.max_age(max_age);
        }
        if self.directives.only_if_cached {
            observer = observer.only_if_cached();
        }
        observer
    }

    /// Writes the headers of `response`, by what the observer has seen.
    pub(crate) async fn complete(self, mut response: Response, observer: &Observer) -> Response {
        let calls = observer.calls();
        if calls.is_empty() || response.headers().contains_key(SET_COOKIE) {
            return response;
        }
        let summary = Summary::of(&calls, observer.beyond());
        let headers = response.headers_mut();
        let is_requested = self.directives.refresh || observer.has_declined();
        if let Some(member) = summary.member(&self.config.name, is_requested) {
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
            freshness.write(headers, &self.cacheability, self.config.revalidate);
        }
        self.write_etag(response).await
    }

    /// Writes the tag of the body, and makes it a `304` if the client has that.
    async fn write_etag(self, mut response: Response) -> Response {
        let tag = if response.headers().contains_key(ETAG) {
            etag::read_etag(response.headers())
        } else {
            let (head, body) = response.into_parts();
            let (tag, body) = self.compute_etag(&head.headers, body).await;
            response = Response::from_parts(head, body);
            if let Some(tag) = &tag {
                response.headers_mut().typed_insert(tag.clone());
            }
            tag
        };
        if let (Some(tag), Some(asked)) = (tag, self.if_none_match)
            && !asked.precondition_passes(&tag)
        {
            etag::make_not_modified(&mut response);
        }
        response
    }

    async fn compute_etag(&self, headers: &HeaderMap, body: Body) -> (Option<ETag>, Body) {
        let control: Option<CacheControl> = headers.typed_get();
        if control.is_some_and(|control| control.no_store()) {
            return (None, body);
        }
        let (whole, body) = body::peek_whole(body, MAX_TAGGED_BODY).await;
        // A response to `HEAD` may have lost its body on the way here.
        let whole = whole.filter(|whole| self.method != Method::HEAD || !whole.is_empty());
        let tag = whole.and_then(|whole| etag::compute(headers, &whole));
        (tag, body)
    }

    /// Returns the `504` for a client that wanted what is stored, where it is not.
    pub(crate) fn refuse(self) -> Response {
        let mut response = Response::new(Body::empty());
        let text = "only-if-cached: the answer is not stored";
        if self.method != Method::HEAD {
            response = text.into_response();
        }
        *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
        if let Some(member) = cache_status::refused_member(&self.config.name) {
            response.headers_mut().append(CACHE_STATUS, member);
        }
        response
    }
}
