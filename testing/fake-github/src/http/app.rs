//! GitHub Apps: "Authenticating as a GitHub App", "Create an installation access
//! token for an app".

use super::at::At;
use super::body;
use crate::answer::{Failure, Refusal};
use crate::{Call, World, payload};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use events::Timestamp;
use github::RepoName;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) const CONTENTS: &str = "contents";
pub(super) const PULL_REQUESTS: &str = "pull_requests";
pub(super) const CHECKS: &str = "checks";
pub(super) const STATUSES: &str = "statuses";

/// Lifetime of a token: "Installation access tokens expire after one hour."
const TOKEN_LASTS: Duration = Duration::from_secs(3600);

/// Maximum lifetime of a JWT in seconds.
const JWT_LASTS: i64 = 600;

/// An App and its installation.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Id of the App, the issuer of its JWTs.
    pub id: String,
    /// Name in URLs: `review-bot` posts as `review-bot[bot]`.
    pub slug: String,
    /// Public key, an `RSAPublicKey` in DER.
    pub public_key: Vec<u8>,
    /// Repositories that the App is installed on.
    pub repositories: Vec<RepoName>,
    /// Granted permissions, such as `("checks", "write")`.
    pub permissions: Vec<(&'static str, &'static str)>,
}

#[derive(Default)]
pub(super) struct Known {
    app: Option<NewApp>,
    installation: Option<u64>,
    tokens: BTreeMap<String, Token>,
}

/// An issued token.
pub(super) struct Token {
    repositories: Vec<RepoName>,
    permissions: BTreeMap<String, String>,
    expires_at: Timestamp,
}

impl World {
    /// Installs an App, which becomes this world's bot.
    pub fn install_app(&self, app: NewApp) {
        self.set_bot(&format!("{}[bot]", app.slug));
        let mut state = self.lock();
        let id = state.next_id();
        state.http.app = Known {
            app: Some(app),
            installation: Some(id),
            tokens: BTreeMap::new(),
        };
    }

    /// Uninstalls the App and revokes its tokens.
    pub fn uninstall_app(&self) {
        let known = &mut self.lock().http.app;
        known.installation = None;
        known.tokens.clear();
    }

    /// Revokes all of the App's tokens ("Revoke an installation access token").
    pub fn revoke_app_tokens(&self) {
        self.lock().http.app.tokens.clear();
    }
}

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(401, message)
}

impl Known {
    /// Verifies the signature and claims of `jwt`.
    pub(super) fn verify(&self, jwt: &str, now: Timestamp) -> Result<(), Refusal> {
        let undecodable = || unauthorized("A JSON web token could not be decoded");
        let (signed, signature) = jwt.rsplit_once('.').ok_or_else(undecodable)?;
        let (header, claims) = signed.split_once('.').ok_or_else(undecodable)?;
        let decode = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part);
            bytes.map_err(|_| undecodable())
        };
        let json = |part: &str| -> Result<Value, Refusal> {
            serde_json::from_slice(&decode(part)?).map_err(|_| undecodable())
        };
        let (header, claims) = (json(header)?, json(claims)?);
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(undecodable());
        }
        let issuer = claims.get("iss").and_then(Value::as_str);
        let app = self.app.as_ref().filter(|app| issuer == Some(&app.id));
        let app = app.ok_or_else(|| Refusal::new(404, "Integration not found"))?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &app.public_key)
            .verify(signed.as_bytes(), &decode(signature)?)
            .map_err(|_| undecodable())?;
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        let now = now.as_second();
        if number("iat").is_none_or(|iat| iat > now) {
            return Err(unauthorized(
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            ));
        }
        match number("exp") {
            Some(exp) if exp > now.saturating_add(JWT_LASTS) => Err(unauthorized(
                "'Expiration time' claim ('exp') is too far in the future",
            )),
            Some(exp) if exp > now => Ok(()),
            Some(_) | None => Err(unauthorized(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            )),
        }
    }

    /// Returns the token if it is valid.
    pub(super) fn token(&self, secret: &str, now: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(secret)?;
        (now < token.expires_at).then_some(token)
    }
}

impl Token {
    /// Fails with 404 for a repository outside the token's scope, and with 403 for a
    /// missing permission.
    pub(super) fn allows(
        &self,
        repo: Option<&RepoName>,
        permission: &str,
        write: bool,
    ) -> Result<(), Refusal> {
        if repo.is_none_or(|repo| !self.repositories.contains(repo)) {
            return Err(Refusal::not_found());
        }
        if covers(&self.permissions, permission, write) {
            Ok(())
        } else {
            Err(Refusal::new(403, "Resource not accessible by integration"))
        }
    }
}

fn covers(granted: &BTreeMap<String, String>, permission: &str, write: bool) -> bool {
    let access = granted.get(permission).map(String::as_str);
    matches!((access, write), (Some("write"), _) | (Some("read"), false))
}

/// `GET /app`.
pub(super) async fn app(State(world): State<World>) -> Result<Json<Value>, Failure> {
    let app = world
        .answer(Call::App, None, |state, _| installed(&state.http.app))
        .await?;
    Ok(Json(json!({
        "id": payload::id_of(&app.slug),
        "slug": app.slug,
        "name": app.slug,
    })))
}

fn installed(known: &Known) -> Result<NewApp, Refusal> {
    known.app.clone().ok_or_else(Refusal::not_found)
}

/// `GET /repos/{owner}/{repo}/installation`.
pub(super) async fn installation(
    State(world): State<World>,
    at: At,
) -> Result<Json<Value>, Failure> {
    let id = world
        .answer(Call::Installation, None, |state, _| {
            let known = &state.http.app;
            let here = installed(known)?.repositories.contains(&at.repo);
            let id = known.installation.filter(|_| here);
            id.ok_or_else(Refusal::not_found)
        })
        .await?;
    Ok(Json(json!({"id": id, "repository_selection": "selected"})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    repositories: Option<Vec<String>>,
    #[serde(default)]
    permissions: Option<BTreeMap<String, String>>,
}

/// `POST /app/installations/{installation_id}/access_tokens`.
pub(super) async fn create_token(
    State(world): State<World>,
    Path(installation): Path<u64>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let asked: Asked = body::read(&body)?;
    let (secret, expires_at) = world
        .answer(Call::AccessToken, None, |state, now| {
            let app = installed(&state.http.app)?;
            if state.http.app.installation != Some(installation) {
                return Err(Refusal::not_found());
            }
            let token = app.narrowed(asked, now)?;
            let secret = state.next_token();
            let expires_at = token.expires_at;
            state.http.app.tokens.insert(secret.clone(), token);
            Ok((secret, expires_at))
        })
        .await?;
    let made = json!({
        "token": secret,
        "expires_at": payload::second(expires_at),
        "repository_selection": "selected",
    });
    Ok((StatusCode::CREATED, Json(made)))
}

impl NewApp {
    /// Returns a token with the requested scope, limited to the App's permissions.
    fn narrowed(&self, asked: Asked, now: Timestamp) -> Result<Token, Refusal> {
        let granted: BTreeMap<String, String> = self
            .permissions
            .iter()
            .map(|(name, access)| ((*name).to_owned(), (*access).to_owned()))
            .collect();
        let repositories = match asked.repositories {
            None => self.repositories.clone(),
            Some(names) => names
                .iter()
                .map(|name| self.repository(name))
                .collect::<Result<_, _>>()?,
        };
        let permissions = asked.permissions.unwrap_or_else(|| granted.clone());
        let all = permissions
            .iter()
            .all(|(name, access)| covers(&granted, name, access != "read"));
        if !all {
            let message = "The permissions requested are not granted to this installation.";
            return Err(Refusal::new(422, message));
        }
        Ok(Token {
            repositories,
            permissions,
            expires_at: now.checked_add(TOKEN_LASTS).unwrap_or(Timestamp::MAX),
        })
    }

    fn repository(&self, name: &str) -> Result<RepoName, Refusal> {
        let named = |repo: &&RepoName| repo.as_str().split('/').next_back() == Some(name);
        self.repositories.iter().find(named).cloned().ok_or_else(|| {
            Refusal::new(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            )
        })
    }
}
