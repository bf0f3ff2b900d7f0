use super::*;
use crate::{Layer, Policy, Source};
use AuthorAssociation::{Contributor, FirstTimer, Member, Owner};
use Category::{Logic, Security};

/// Returns facts of a pull request that can be approved.
fn facts() -> ApprovalFacts {
    ApprovalFacts {
        score: Some(9),
        open_findings: 0,
        every_file_read: true,
        read_by_model: true,
        head_unchanged: true,
        author_association: Member,
        own_pull_request: false,
        from_fork: false,
        first_time: false,
        checks_green: true,
        missing_specialists: Vec::new(),
    }
}

fn policy(text: &str) -> Policy {
    Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
}

#[test]
fn one_reason_prevents_approval() {
    type Change = fn(&mut ApprovalFacts);
    let on = "[auto_approve]\nenabled = true\n";
    let more = |line: &str| format!("{on}{line}");
    let all = "authors = [\"NONE\", \"FIRST_TIMER\", \"MEMBER\"]\n";
    let cases: Vec<(&str, String, Change, Vec<NoApprovalReason>)> = vec![
        ("no reason against approval", on.into(), |_| {}, vec![]),
        (
            "off by default",
            String::new(),
            |_| {},
            vec![NoApprovalReason::Off],
        ),
        (
            "off with the bot",
            format!("enabled = false\n{on}"),
            |_| {},
            vec![NoApprovalReason::Off],
        ),
        (
            "off with its writing",
            format!("publish = false\n{on}"),
            |_| {},
            vec![NoApprovalReason::Off],
        ),
        (
            "its own",
            on.into(),
            |f| f.own_pull_request = true,
            vec![NoApprovalReason::OwnPullRequest],
        ),
        ("the least score", on.into(), |f| f.score = Some(8), vec![]),
        (
            "a lower one",
            on.into(),
            |f| f.score = Some(7),
            vec![NoApprovalReason::Score(Some(7), 8)],
        ),
        (
            "no score",
            on.into(),
            |f| f.score = None,
            vec![NoApprovalReason::Score(None, 8)],
        ),
        (
            "no such score",
            on.into(),
            |f| f.score = Some(11),
            vec![NoApprovalReason::Score(Some(11), 8)],
        ),
        (
            "as asked for",
            more("score = 10"),
            |_| {},
            vec![NoApprovalReason::Score(Some(9), 10)],
        ),
        (
            "a finding",
            on.into(),
            |f| f.open_findings = 1,
            vec![NoApprovalReason::OpenFindings(1)],
        ),
        (
            "a file",
            on.into(),
            |f| f.every_file_read = false,
            vec![NoApprovalReason::FilesUnread],
        ),
        (
            "rules alone",
            on.into(),
            |f| f.read_by_model = false,
            vec![NoApprovalReason::RulesAlone],
        ),
        (
            "a push",
            on.into(),
            |f| f.head_unchanged = false,
            vec![NoApprovalReason::HeadMoved],
        ),
        (
            "an outsider",
            on.into(),
            |f| f.author_association = Contributor,
            vec![NoApprovalReason::Author(Contributor)],
        ),
        (
            "a stranger",
            on.into(),
            |f| f.author_association = AuthorAssociation::None,
            vec![
                NoApprovalReason::Author(AuthorAssociation::None),
                NoApprovalReason::FirstTime,
            ],
        ),
        (
            "a stranger, named",
            more(all),
            |f| f.author_association = AuthorAssociation::None,
            vec![NoApprovalReason::FirstTime],
        ),
        (
            "new to GitHub, named",
            more(all),
            |f| f.author_association = FirstTimer,
            vec![NoApprovalReason::FirstTime],
        ),
        (
            "named and allowed",
            more(&format!("{all}allow_first_time = true")),
            |f| f.author_association = AuthorAssociation::None,
            vec![],
        ),
        (
            "allowed, not named",
            more("allow_first_time = true"),
            |f| f.author_association = AuthorAssociation::None,
            vec![NoApprovalReason::Author(AuthorAssociation::None)],
        ),
        (
            "a member's first",
            on.into(),
            |f| f.first_time = true,
            vec![NoApprovalReason::FirstTime],
        ),
        (
            "which is allowed",
            more("allow_first_time = true"),
            |f| f.first_time = true,
            vec![],
        ),
        (
            "a fork",
            on.into(),
            |f| f.from_fork = true,
            vec![NoApprovalReason::Fork],
        ),
        (
            "which is allowed",
            more("allow_forks = true"),
            |f| f.from_fork = true,
            vec![],
        ),
        (
            "a red check",
            on.into(),
            |f| f.checks_green = false,
            vec![NoApprovalReason::ChecksNotGreen],
        ),
        (
            "which is no matter",
            more("require_checks = false"),
            |f| f.checks_green = false,
            vec![],
        ),
        (
            "an answer",
            on.into(),
            |f| f.missing_specialists = vec![Logic],
            vec![NoApprovalReason::Missing(vec![Logic])],
        ),
    ];
    for (why, text, change, reasons) in cases {
        let mut facts = facts();
        change(&mut facts);
        let refused = policy(&text).may_approve(&facts).err().unwrap_or_default();
        assert_eq!(refused, reasons, "{why}");
    }
}

#[test]
fn renders_each_reason() {
    let worst = ApprovalFacts {
        score: Some(2),
        open_findings: 3,
        every_file_read: false,
        read_by_model: false,
        head_unchanged: false,
        author_association: FirstTimer,
        own_pull_request: true,
        from_fork: true,
        first_time: true,
        checks_green: false,
        missing_specialists: vec![Security, Logic],
    };
    let reasons = Policy::default().may_approve(&worst).unwrap_err();
    let told: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn higher_layers_only_narrow_approval() {
    for (why, lower, upper, check) in [
        (
            "switched off",
            "enabled = false",
            "enabled = true",
            (|a| !a.enabled) as fn(AutoApprove) -> bool,
        ),
        ("not named: free", "score = 9", "enabled = true", |a| {
            a.enabled && a.score == 9
        }),
        ("a lower score", "score = 9", "score = 3", |a| a.score == 9),
        ("a higher one", "score = 3", "score = 9", |a| a.score == 9),
        (
            "more authors",
            "authors = [\"OWNER\"]",
            "authors = [\"OWNER\", \"NONE\"]",
            |a| a.authors == [Owner],
        ),
        (
            "fewer",
            "authors = [\"OWNER\", \"MEMBER\"]",
            "authors = [\"MEMBER\"]",
            |a| a.authors == [Member],
        ),
        (
            "others",
            "authors = [\"OWNER\"]",
            "authors = [\"MEMBER\"]",
            |a| a.authors.is_empty(),
        ),
        ("not named: free", "", "authors = [\"CONTRIBUTOR\"]", |a| {
            a.authors == [Contributor]
        }),
        ("forks", "allow_forks = false", "allow_forks = true", |a| {
            !a.allow_forks
        }),
        ("forks, not named", "", "allow_forks = true", |a| {
            a.allow_forks
        }),
        (
            "no forks",
            "allow_forks = true",
            "allow_forks = false",
            |a| !a.allow_forks,
        ),
        (
            "checks",
            "require_checks = true",
            "require_checks = false",
            |a| a.require_checks,
        ),
        (
            "new people",
            "allow_first_time = false",
            "allow_first_time = true",
            |a| !a.allow_first_time,
        ),
    ] {
        let layer =
            |text, source| Layer::parse(&format!("[auto_approve]\n{text}"), source).unwrap();
        let policy = Policy::default()
            .over(layer(lower, Source::Organisation))
            .over(layer(upper, Source::Repository));
        assert!(
            check(policy.auto_approve()),
            "{why}: {:?}",
            policy.auto_approve()
        );
    }
}
