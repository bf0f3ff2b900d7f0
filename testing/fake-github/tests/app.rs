//! Validation of a GitHub App's JWTs, and lifetime of its tokens.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use events::{Clock, ManualClock, SeededEntropy, Timestamp};
use fake_github::{NewApp, NewPullRequest, World};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

const KEY: &str = include_str!("throwaway-test-key.pem");

struct Stage {
    world: World,
    clock: Arc<ManualClock>,
    key: RsaKeyPair,
}

fn stage() -> Stage {
    let start = Timestamp::from_second(1_767_603_600).expect("a time");
    let clock = Arc::new(ManualClock::starting_at(start));
    let world = World::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
    let base64: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_der(&STANDARD.decode(base64).expect("base64")).expect("a key");
    world.open_pull_request(NewPullRequest::default());
    world.install_app(NewApp {
        id: "4711".to_owned(),
        slug: "review-bot".to_owned(),
        public_key: key.public().as_ref().to_vec(),
        repositories: vec!["octo/widgets".parse().expect("a name")],
        permissions: vec![("contents", "read"), ("pull_requests", "write")],
    });
    Stage { world, clock, key }
}

impl Stage {
    fn jwt(&self, algorithm: &str, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": algorithm})), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        let done = self.key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        );
        done.expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn good_jwt(&self) -> String {
        let now = self.clock.now().as_second();
        self.jwt(
            "RS256",
            &json!({"iss": "4711", "iat": now - 60, "exp": now + 540}),
        )
    }

    async fn ask(&self, method: &str, path: &str, secret: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", "test")
            .header("authorization", format!("Bearer {secret}"))
            .body(body)
            .expect("a request");
        let answer = fake_github::router(self.world.clone()).oneshot(request);
        let (parts, body) = answer.await.expect("an answer").into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("its body");
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        (parts.status.as_u16(), body)
    }

    async fn token(&self, body: Value) -> (u16, Value) {
        let (_, found) = self
            .ask(
                "GET",
                "/repos/octo/widgets/installation",
                &self.good_jwt(),
                Value::Null,
            )
            .await;
        let path = format!(
            "/app/installations/{}/access_tokens",
            found.get("id").expect("an id")
        );
        self.ask("POST", &path, &self.good_jwt(), body).await
    }
}

#[tokio::test]
async fn jwt_needs_signature_and_short_lifetime() {
    let stage = stage();
    let now = stage.clock.now().as_second();
    let claims = |iss: &str, iat: i64, exp: i64| json!({"iss": iss, "iat": iat, "exp": exp});
    let good = claims("4711", now - 60, now + 600);
    let tampered = {
        let signed = stage.jwt("RS256", &good);
        let (_, signature) = signed.rsplit_once('.').expect("three parts");
        let other = stage.jwt("RS256", &claims("4711", now - 61, now + 600));
        let (other, _) = other.rsplit_once('.').expect("three parts");
        format!("{other}.{signature}")
    };
    for (why, jwt, status) in [
        ("good", stage.jwt("RS256", &good), 200),
        (
            "ten minutes are the most",
            stage.jwt("RS256", &claims("4711", now, now + 601)),
            401,
        ),
        (
            "from the future",
            stage.jwt("RS256", &claims("4711", now + 1, now + 60)),
            401,
        ),
        (
            "over",
            stage.jwt("RS256", &claims("4711", now - 600, now)),
            401,
        ),
        (
            "no end",
            stage.jwt("RS256", &json!({"iss": "4711", "iat": now})),
            401,
        ),
        ("another algorithm", stage.jwt("none", &good), 401),
        (
            "nobody's",
            stage.jwt("RS256", &claims("4712", now, now + 60)),
            404,
        ),
        ("another text's signature", tampered, 401),
        ("no JWT", "world-token".to_owned(), 401),
    ] {
        let (found, body) = stage.ask("GET", "/app", &jwt, Value::Null).await;
        assert_eq!(found, status, "{why}: {body}");
    }
}

#[tokio::test]
async fn token_lasts_one_hour_in_scope() {
    let stage = stage();
    let (reviews, pull) = (
        "/repos/octo/widgets/pulls/1/reviews",
        "/repos/octo/widgets/pulls/1",
    );
    let read = json!({"repositories": ["widgets"], "permissions": {"pull_requests": "read"}});
    let (status, made) = stage.token(read).await;
    assert_eq!(status, 201, "{made}");
    let token = made["token"].as_str().expect("a token");
    let diff = format!("/repos/octo/widgets/compare/{0}...{0}", "a".repeat(40));
    for (why, method, path, status) in [
        ("what it is for", "GET", pull, 200),
        ("reading, not writing", "POST", reviews, 403),
        ("another permission", "GET", &diff, 403),
        (
            "another repository",
            "GET",
            "/repos/octo/gadgets/pulls/1",
            404,
        ),
        ("a token is not a JWT", "GET", "/app", 401),
        ("an installation is not a user", "GET", "/user", 403),
    ] {
        let (found, body) = stage.ask(method, path, token, Value::Null).await;
        assert_eq!(found, status, "{why}: {body}");
    }
    for (why, passes, status) in [("its last second", 3599, 200), ("an hour is over", 1, 401)] {
        stage.clock.advance(Duration::from_secs(passes));
        let (found, _) = stage.ask("GET", pull, token, Value::Null).await;
        assert_eq!(found, status, "{why}");
    }
}

#[tokio::test]
async fn token_never_exceeds_app_permissions() {
    let stage = stage();
    for (why, body, status) in [
        ("all that it has", json!({}), 201),
        (
            "a permission that it has not",
            json!({"permissions": {"checks": "write"}}),
            422,
        ),
        (
            "more of one",
            json!({"permissions": {"contents": "write"}}),
            422,
        ),
        (
            "another repository",
            json!({"repositories": ["gadgets"]}),
            422,
        ),
        ("a misspelt field", json!({"repository": ["widgets"]}), 422),
    ] {
        let (found, answer) = stage.token(body).await;
        assert_eq!(found, status, "{why}: {answer}");
    }
}
