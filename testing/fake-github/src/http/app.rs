//! Handlers of "Apps".

use super::body;
use super::params::PathParams;
use crate::answer::{Failure, Refusal};
use crate::app::{AppState, NewApp, TokenBody};
use crate::{Call, World, payload};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

impl World {
    /// Installs an App, which becomes this world's bot.
    pub fn install_app(&self, app: NewApp) {
        self.set_bot(&format!("{}[bot]", app.slug));
        let mut state = self.lock();
        let id = state.next_id();
        state.app = AppState {
            app: Some(app),
            installation: Some(id),
            ..AppState::default()
        };
    }

    /// Uninstalls the App and revokes its tokens.
    pub fn uninstall_app(&self) {
        let app = &mut self.lock().app;
        app.installation = None;
        app.tokens.clear();
    }

    /// Revokes all of the App's tokens ("Revoke an installation access token").
    pub fn revoke_app_tokens(&self) {
        self.lock().app.tokens.clear();
    }
}

/// `GET /app`.
pub(super) async fn app(State(world): State<World>) -> Result<Json<Value>, Failure> {
    let app = world
        .answer(Call::App, None, |state, _| state.app.installed())
        .await?;
    Ok(Json(json!({
        "id": payload::id_of(&app.slug),
        "slug": app.slug,
        "name": app.slug,
    })))
}

/// `GET /repos/{owner}/{repo}/installation`.
pub(super) async fn installation(
    State(world): State<World>,
    params: PathParams,
) -> Result<Json<Value>, Failure> {
    let id = world
        .answer(Call::Installation, None, |state, _| {
            let here = state.app.installed()?.repositories.contains(&params.repo);
            let id = state.app.installation.filter(|_| here);
            id.ok_or_else(Refusal::not_found)
        })
        .await?;
    Ok(Json(json!({"id": id, "repository_selection": "selected"})))
}

/// `POST /app/installations/{installation_id}/access_tokens`.
pub(super) async fn create_token(
    State(world): State<World>,
    Path(installation): Path<u64>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let body: TokenBody = body::read(&body)?;
    let (secret, expires_at) = world
        .answer(Call::AccessToken, None, |state, now| {
            let app = state.app.installed()?;
            if state.app.installation != Some(installation) {
                return Err(Refusal::not_found());
            }
            let token = app.create_token(body, now)?;
            let secret = state.next_token();
            let expires_at = token.expires_at;
            state.app.tokens.insert(secret.clone(), token);
            Ok((secret, expires_at))
        })
        .await?;
    let response = json!({
        "token": secret,
        "expires_at": payload::second(expires_at),
        "repository_selection": "selected",
    });
    Ok((StatusCode::CREATED, Json(response)))
}
