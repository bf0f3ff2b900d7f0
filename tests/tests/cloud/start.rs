//! A missing setting is named in the first log line at start-up, not at the first event.

use journeys::cloud::Cloud;

/// Starts `function` with a valid environment changed by `but`. Returns its last output.
async fn last_words(function: &str, but: &[(&str, &str)]) -> String {
    let cloud = Cloud::shared().await;
    let mut set = vec![
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_ENDPOINT_URL", cloud.emulator.endpoint_url()),
        ("EVENT_BUS_NAME", cloud.output("BusName").to_owned()),
        (
            "STATE_URL",
            format!("dynamodb://{}", cloud.output("TableName")),
        ),
        (
            "GITHUB_WEBHOOK_SECRET",
            "ssm:/github-bot/webhook-secret".to_owned(),
        ),
        ("GITHUB_TOKEN", "ssm:/github-bot/github-token".to_owned()),
    ];
    for (name, value) in but {
        set.retain(|(kept, _)| kept != name);
        if !value.is_empty() {
            set.push((name, (*value).to_owned()));
        }
    }
    let output = tokio::process::Command::new(cloud.bootstrap(function))
        .env_clear()
        .envs(set)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(30), output);
    let output = output.await.expect("it ends").expect("it starts");
    assert!(!output.status.success(), "{function} fails at start");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "nothing comes before"
    );
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    words.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn names_missing_setting() {
    let mut told = String::new();
    for (function, variable, value) in [
        ("webhook", "GITHUB_WEBHOOK_SECRET", ""),
        ("webhook", "GITHUB_WEBHOOK_SECRET", "ssm:/no/such"),
        ("webhook", "GITHUB_WEBHOOK_SECRET", "secretsmanager:no-such"),
        ("webhook", "EVENT_BUS_NAME", ""),
        ("webhook", "EVENT_BUS_NAME", "no-such-bus"),
        ("coordinator", "STATE_URL", ""),
        ("coordinator", "STATE_URL", "dynamodb://no-such-table"),
        ("coordinator", "STATE_URL", "redis://127.0.0.1:6379"),
        ("recorder", "MAX_RECEIVE_COUNT", "ten"),
        ("recorder", "AWS_REGION", ""),
        ("recorder", "EXTRA_CA_CERTS", "/no/such.pem"),
        ("security", "GITHUB_TOKEN", "ssm:/no/such"),
        ("publisher", "GITHUB_API_URL", "http://git.example.com"),
        ("publisher", "GITHUB_API_URL", "http://127.0.0.1:4010"),
        ("publisher", "ALLOW_ADDRESSES", "network"),
        ("verdict", "RUST_LOG", "=="),
    ] {
        let words = last_words(function, &[(variable, value)]).await;
        told += &format!("{function}, {variable}={value}\n    {words}\n");
    }
    insta::assert_snapshot!(told);
}
