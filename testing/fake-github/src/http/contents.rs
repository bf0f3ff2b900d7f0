//! "Get repository content", in the `raw` media type.

use super::page::query_param;
use super::params::PathParams;
use crate::World;
use crate::answer::{Failure, Refusal};
use crate::model::Content;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};

const RAW: &str = "application/vnd.github.raw+json";

pub(super) async fn get(
    State(world): State<World>,
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::ACCEPT) != Some(RAW) {
        let message = "Unsupported 'Accept' header: the world gives raw contents only";
        return Err(Refusal::new(415, message).into());
    }
    let reference = decode(query_param(&uri, "ref").unwrap_or("main"));
    match world
        .get_content(&params.repo, params.text("path")?, &reference)
        .await?
    {
        Content::Folder(paths) => {
            let entry = |path: &String| json!({"type": "file", "path": path});
            Ok(Json(paths.iter().map(entry).collect::<Vec<_>>()).into_response())
        }
        Content::File(bytes) => {
            let hash: String = Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let etag = format!("W/\"{hash}\"");
            if text(header::IF_NONE_MATCH) == Some(&etag) {
                return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
            }
            let kind = format!("{RAW}; charset=utf-8");
            Ok(([(header::CONTENT_TYPE, kind), (header::ETAG, etag)], bytes).into_response())
        }
    }
}

/// Decodes percent signs and pluses in a query value.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (rest.next().and_then(hex), rest.next().and_then(hex));
                high.unwrap_or(0) << 4 | low.unwrap_or(0)
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
