use super::*;

#[test]
fn reads_built_in_template() {
    let template = Template::load(None).unwrap();
    let deadline = template.route("ReviewDeadlineRule", "deadline").unwrap();
    assert_eq!(deadline.function, "verdict");
    assert_eq!(
        deadline.via,
        DeliveryPath::Queue {
            delay: Duration::from_secs(720),
            visibility: Duration::from_secs(180),
            max_receives: 10,
            max_concurrency: Some(5),
        },
        "the queue's delay is a parameter's default"
    );
    let verdict = template.route("VerdictRule", "verdict").unwrap();
    let max_age = Duration::from_secs(21600);
    assert_eq!(
        verdict.via,
        DeliveryPath::Invoke {
            retries: 2,
            max_age,
            target: RetryPolicy {
                retries: 185,
                max_age: Duration::from_secs(86400),
            },
        },
        "from the function, the time from Globals, and the target's own"
    );
    assert_eq!(template.functions["webhook"], Duration::from_secs(30));
}

#[test]
fn error_names_value_and_line() {
    let with = |old: &str, new: &str| {
        assert!(BUILT_IN.contains(old), "{old}");
        let text = BUILT_IN.replacen(old, new, 1);
        let error = Template::parse(&text, "template.yaml")
            .unwrap_err()
            .to_string();
        // The text of the line in place of its number, which every change of the template moves.
        let (file, rest) = error.split_once(':').unwrap();
        let (number, rest) = rest.split_once(':').unwrap();
        let line = text.lines().nth(number.parse::<usize>().unwrap() - 1);
        format!("{file}:({}):{rest}", line.unwrap().trim())
    };
    let targets = "Arn: !GetAtt StyleQueue.Arn\n          RetryPolicy:";
    let all = [
        ("no YAML", with("Globals:", "Globals: [")),
        (
            "unknown operator",
            with("[agent.pr.security_check]", "[{ starts-with: agent }]"),
        ),
        (
            "invalid target",
            with(targets, &targets.replace("StyleQueue", "StyleKew")),
        ),
        (
            "an address in place of an ARN",
            with(
                targets,
                &targets.replace("!GetAtt StyleQueue.Arn", "!Ref StyleQueue"),
            ),
        ),
        (
            "a retry too many",
            with("MaximumRetryAttempts: 185", "MaximumRetryAttempts: 186"),
        ),
        (
            "a delay that SQS does not know",
            with("Default: 720", "Default: 901"),
        ),
        (
            "tried for ever",
            with("      RedrivePolicy:\n", "      RedrivePolice:\n"),
        ),
        (
            "a rule within a function",
            with(
                "Type: SQS\n          Properties:",
                "Type: EventBridgeRule\n          Properties:",
            ),
        ),
    ];
    let told: String = all.map(|(why, error)| format!("{why}: {error}\n")).concat();
    insta::assert_snapshot!(told, @"
    no YAML: template.yaml:(Runtime: provided.al2023): the file: invalid YAML: while parsing a flow mapping, did not find expected ',' or '}'
    unknown operator: template.yaml:(detail-type: [{ starts-with: agent }]): Resources.SecurityRule.Properties.EventPattern: Event pattern is not valid. Reason: Unrecognized match type starts-with
    invalid target: template.yaml:(Arn: !GetAtt StyleKew.Arn): Resources.StyleRule.Properties.Targets.0.Arn: StyleKew is neither a function nor a queue that a function takes from
    an address in place of an ARN: template.yaml:(Arn: !Ref StyleQueue): Resources.StyleRule.Properties.Targets.0.Arn: expected the ARN of a resource, such as !GetAtt SecurityFunction.Arn
    a retry too many: template.yaml:(MaximumRetryAttempts: 186): Resources.PullRequestRule.Properties.Targets.0.RetryPolicy.MaximumRetryAttempts: expected a whole number from 0 to 185
    a delay that SQS does not know: template.yaml:(DelaySeconds: !Ref ReviewDeadlineSeconds): Resources.ReviewDeadlineQueue.Properties.DelaySeconds: expected a whole number from 0 to 900
    tried for ever: template.yaml:(SqsManagedSseEnabled: true): Resources.CoordinatorQueue.Properties: expected a RedrivePolicy: without one, a failed message is retried forever
    a rule within a function: template.yaml:(Type: EventBridgeRule): Resources.CoordinatorFunction.Properties.Events.Requests.Type: expected SQS: rules are resources of type AWS::Events::Rule, and nothing else brings events to a function here
    ");
}

#[test]
fn error_names_missing_file() {
    let error = Template::load(Some(Path::new("no/such.yaml"))).unwrap_err();
    assert!(
        error.to_string().starts_with("no/such.yaml: the file: "),
        "{error}"
    );
}

#[test]
fn reads_arn_from_sub() {
    let text = BUILT_IN.replace("!GetAtt StyleQueue.Arn", "!Sub ${StyleQueue.Arn}");
    let template = Template::parse(&text, "template.yaml").unwrap();
    assert_eq!(
        template.route("StyleRule", "style").unwrap().function,
        "style"
    );
}

#[test]
fn rejects_31st_wildcard_rule() {
    let wild = "[{ wildcard: 'github.*.created' }]";
    let mut more = "\nResources:\n".to_owned();
    for n in 0..31 {
        more += &format!(
            "  Wild{n}Rule:\n    Type: AWS::Events::Rule\n    Properties:\n      EventPattern:\n        \
             detail-type: {wild}\n      Targets:\n        - {{ Id: x, Arn: !GetAtt StyleFunction.Arn }}\n"
        );
    }
    let text = BUILT_IN.replacen("\nResources:\n", &more, 1);
    let error = Template::parse(&text, "template.yaml")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("31 rules use wildcard, and an event bus takes 30"),
        "{error}"
    );
}
