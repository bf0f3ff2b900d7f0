//! "Using pagination in the REST API".

use super::params::PathParams;
use crate::payload;
use axum::Json;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// Returns a query parameter, not decoded.
pub(super) fn query_param<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Returns the requested page, from 1, and the page size: 30 by default, at most 100.
fn page_range(uri: &Uri) -> (usize, usize) {
    let number = |name| query_param(uri, name)?.parse::<usize>().ok();
    let per_page = number("per_page").unwrap_or(30).clamp(1, 100);
    (number("page").unwrap_or(1).max(1), per_page)
}

/// Returns one page of `items`, with a `Link` header if there are more. `list` is the
/// path after the repository, such as `pulls/7/reviews`.
pub(super) fn page<T>(
    params: &PathParams,
    list: &str,
    items: &[T],
    show: impl Fn(&T) -> Value,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let shown = |shown: Vec<Value>| Value::Array(shown);
    wrapped(params, list, items, show, shown, uri, headers)
}

/// Like [`page`], for a list inside an object.
pub(super) fn wrapped<T>(
    params: &PathParams,
    list: &str,
    items: &[T],
    show: impl Fn(&T) -> Value,
    wrap: impl FnOnce(Vec<Value>) -> Value,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let (page, per_page) = page_range(uri);
    let pages = items.len().div_ceil(per_page).max(1);
    let shown = items
        .iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(show)
        .collect();
    let mut response = Json(wrap(shown)).into_response();
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    if let (Some(host), true) = (host, page < pages) {
        let id = payload::id_of(params.repo.as_str());
        let prefix = if uri.path().starts_with("/api/v3/") {
            "/api/v3"
        } else {
            ""
        };
        let others: String = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| {
                !pair.is_empty() && !pair.starts_with("page=") && !pair.starts_with("per_page=")
            })
            .map(|pair| format!("{pair}&"))
            .collect();
        let to = |page: usize, rel: &str| {
            format!(
                "<http://{host}{prefix}/repositories/{id}/{list}?{others}per_page={per_page}&page={page}>; rel=\"{rel}\""
            )
        };
        let link = format!("{}, {}", to(page + 1, "next"), to(pages, "last"));
        if let Ok(link) = link.parse() {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}
