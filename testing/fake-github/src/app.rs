//! GitHub Apps: "Authenticating as a GitHub App", "Create an installation access
//! token for an app".

use crate::answer::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use events::Timestamp;
use github::RepoName;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

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
pub(crate) struct AppState {
    pub(crate) app: Option<NewApp>,
    pub(crate) installation: Option<u64>,
    pub(crate) tokens: BTreeMap<String, Token>,
}

/// An issued token.
pub(crate) struct Token {
    repositories: Vec<RepoName>,
    permissions: BTreeMap<String, String>,
    pub(crate) expires_at: Timestamp,
}

/// Body of "Create an installation access token for an app".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    #[serde(default)]
    repositories: Option<Vec<String>>,
    #[serde(default)]
    permissions: Option<BTreeMap<String, String>>,
}

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(401, message)
}

impl AppState {
    /// Returns the installed App.
    pub(crate) fn installed(&self) -> Result<NewApp, Refusal> {
        self.app.clone().ok_or_else(Refusal::not_found)
    }

    /// Verifies the signature and claims of `jwt`.
    pub(crate) fn verify(&self, jwt: &str, now: Timestamp) -> Result<(), Refusal> {
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
    pub(crate) fn token(&self, secret: &str, now: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(secret)?;
        (now < token.expires_at).then_some(token)
    }
}

impl Token {
    /// Fails with 404 for a repository outside the token's scope, and with 403 for a
    /// missing permission.
    pub(crate) fn allows(
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

impl NewApp {
    /// Returns a token with the requested scope, limited to the App's permissions.
    pub(crate) fn create_token(&self, body: TokenBody, now: Timestamp) -> Result<Token, Refusal> {
        let granted: BTreeMap<String, String> = self
            .permissions
            .iter()
            .map(|(name, access)| ((*name).to_owned(), (*access).to_owned()))
            .collect();
        let repositories = match body.repositories {
            None => self.repositories.clone(),
            Some(names) => names
                .iter()
                .map(|name| self.repository(name))
                .collect::<Result<_, _>>()?,
        };
        let permissions = body.permissions.unwrap_or_else(|| granted.clone());
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
