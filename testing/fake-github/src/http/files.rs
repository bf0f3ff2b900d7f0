//! "List pull requests files".

use super::page;
use super::params::PathParams;
use crate::World;
use crate::answer::Failure;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use github::port::ChangedFile;
use serde_json::{Value, json};

pub(super) async fn list(
    State(world): State<World>,
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let pr = params.pr()?;
    let files = world.get_files(&pr).await?;
    let list = format!("pulls/{}/files", pr.number);
    Ok(page::page(&params, &list, &files, shown, &uri, &headers))
}

/// Formats a file. GitHub omits absent fields.
fn shown(file: &ChangedFile) -> Value {
    let mut shown = json!(file);
    if let Value::Object(fields) = &mut shown {
        fields.retain(|_, value| !value.is_null());
    }
    shown
}
