//! The ports beside reviews: over HTTP, each says what the world says in process.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests, run by `by_token_and_by_app`"
)]

#[macro_use]
mod common;

use common::Stage;
use github::port::{
    CommentId, Conclusion, FileStatus, GitHubError, NewCheck, NewReview, PublishReview, ReadFile,
    ReadFiles, ReviewComment, Side, Summarise,
};
use github::port::{ReadDiff, SetCheck};
use github_world::Fault;
use std::time::Duration;

by_token_and_by_app!(
    files_of_every_kind,
    files_where_no_diff_is_given,
    a_file_is_read_and_asked_for_again_only_if_it_changed,
    a_path_that_is_none_is_not_asked_for,
    a_check_is_set_and_found,
    what_a_check_may_not_be,
    one_comment_is_kept_up_to_date,
    comments_are_found_on_the_last_page,
    comments_on_several_lines,
    no_write_is_sent_twice,
);

const CHANGES: &str = "\
diff --git a/bin.dat b/bin.dat
index 1234567..89abcde 100644
Binary files a/bin.dat and b/bin.dat differ
diff --git a/gone.rs b/gone.rs
deleted file mode 100644
--- a/gone.rs
+++ /dev/null
@@ -1 +0,0 @@
-old
\\ No newline at end of file
diff --git a/new.rs b/new.rs
new file mode 100644
--- /dev/null
+++ b/new.rs
@@ -0,0 +1,2 @@
+one
+two
diff --git a/was.rs b/is.rs
similarity index 90%
rename from was.rs
rename to is.rs
--- a/was.rs
+++ b/is.rs
@@ -1 +1 @@
-a
+b
";

async fn files_of_every_kind(stage: Stage) {
    stage.world.push(&stage.pr, CHANGES);
    let found = stage.client().files(&stage.pr).await;
    assert_eq!(found, stage.world.github().files(&stage.pr).await);
    let found = found.unwrap();
    assert!(found.complete);
    let told: Vec<_> = found
        .files
        .iter()
        .map(|file| {
            let patch = file.patch.as_deref();
            let before = file.previous_filename.as_deref();
            (&*file.filename, before, file.status, file.changes, patch)
        })
        .collect();
    let gone = "@@ -1 +0,0 @@\n-old\n\\ No newline at end of file";
    assert_eq!(
        told,
        [
            ("bin.dat", None, FileStatus::Modified, 0, None),
            ("gone.rs", None, FileStatus::Removed, 1, Some(gone)),
            (
                "is.rs",
                Some("was.rs"),
                FileStatus::Renamed,
                2,
                Some("@@ -1 +1 @@\n-a\n+b")
            ),
            (
                "new.rs",
                None,
                FileStatus::Added,
                2,
                Some("@@ -0,0 +1,2 @@\n+one\n+two")
            ),
        ]
    );
}

async fn files_where_no_diff_is_given(stage: Stage) {
    let file = |n: usize| {
        format!("diff --git a/{n:04} b/{n:04}\n--- a/{n:04}\n+++ b/{n:04}\n@@ -0,0 +1 @@\n+x\n")
    };
    let long = |n: usize| {
        let added = "+x\n".repeat(n);
        format!("diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1,{n} @@\n{added}")
    };
    let many = |n: usize| (0..n).map(file).collect::<String>();
    for (why, diff, given, complete, patches) in [
        ("late files show nothing", many(301), 301_usize, true, 300),
        ("2,999 files are all", many(2_999), 2_999, true, 300),
        ("3,000 files may not be all", many(3_000), 3_000, false, 300),
        (
            "no more than 3,000 are listed",
            many(3_001),
            3_000,
            false,
            300,
        ),
        (
            "a long patch is left out",
            long(19_997) + &file(1),
            2,
            true,
            1,
        ),
        (
            "a patch of 3,000 lines is shown",
            long(2_999) + &many(300),
            301,
            true,
            300,
        ),
    ] {
        stage.world.push(&stage.pr, diff);
        let (base, head) = (stage.world.base(&stage.pr), stage.head());
        let client = stage.client();
        let diff = client.diff(&stage.pr, &base, &head).await;
        assert!(matches!(diff, Err(GitHubError::TooLarge { .. })), "{why}");
        let before = stage.world.requests().len();
        let found = client.files(&stage.pr).await;
        assert_eq!(
            stage.world.requests().len() - before,
            given.div_ceil(100),
            "{why}: pages"
        );
        assert_eq!(found, stage.world.github().files(&stage.pr).await, "{why}");
        let found = found.unwrap();
        assert_eq!(
            (found.files.len(), found.complete),
            (given, complete),
            "{why}"
        );
        let shown = found.files.iter().filter(|file| file.patch.is_some());
        assert_eq!(shown.count(), patches, "{why}");
    }
    let last = stage
        .client()
        .files(&stage.pr)
        .await
        .unwrap()
        .files
        .pop()
        .unwrap();
    assert_eq!(
        (last.changes, last.patch),
        (0, None),
        "changed, though it says 0"
    );
}

async fn a_file_is_read_and_asked_for_again_only_if_it_changed(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let odd = "dir/a b%2e?#ä.toml";
    let large = "x".repeat(64 << 10);
    let put = |path: &str, text: &str| stage.world.put_file(repo, "main", path, text);
    put(".github/review.toml", "a = 1");
    put(odd, "b = 2");
    put("largest", &large);
    put("larger", &format!("{large}x"));
    stage.world.put_file(repo, "a&b", "here", "c");
    let base = stage.world.base(&stage.pr);
    for (why, path, reference, want) in [
        ("a file", ".github/review.toml", "main", Some("a = 1")),
        (
            "by commit",
            ".github/review.toml",
            base.as_str(),
            Some("a = 1"),
        ),
        ("an odd name", odd, "main", Some("b = 2")),
        ("an odd branch", "here", "a&b", Some("c")),
        ("64 KiB", "largest", "main", Some(&large)),
        ("none", "nowhere", "main", None),
        ("no branch", "here", "main", None),
        ("a folder", ".github", "main", None),
    ] {
        let found = client.file(repo, path, reference).await;
        assert_eq!(found, world.file(repo, path, reference).await, "{why}");
        let want = want.map(|text| text.as_bytes().to_vec());
        assert_eq!(found, Ok(want.clone()), "{why}");
        assert_eq!(
            client.file(repo, path, reference).await,
            Ok(want),
            "{why}, again"
        );
    }
    let found = client.file(repo, "larger", "main").await;
    assert!(
        matches!(found, Err(GitHubError::TooLarge { .. })),
        "{found:?}"
    );
    assert_eq!(found, world.file(repo, "larger", "main").await);

    let status = |nth_last: usize| {
        let all = stage.world.requests();
        all[all.len() - nth_last].status
    };
    for _ in 0..2 {
        client.file(repo, odd, "main").await.unwrap();
        assert_eq!(status(1), 304, "nothing is sent again");
    }
    put(".github/review.toml", "a = 2");
    let found = client.file(repo, ".github/review.toml", "main").await;
    assert_eq!(found, Ok(Some(b"a = 2".to_vec())), "it has changed");
    assert_eq!(status(1), 200);
}

async fn a_path_that_is_none_is_not_asked_for(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    for path in [
        "",
        "/",
        "..",
        "../../pulls/1",
        "a/../../../pulls",
        "a//b",
        "a\tb",
        ".",
    ] {
        let found = client.file(&stage.pr.repo, path, "main").await;
        assert!(
            matches!(found, Err(GitHubError::Rejected { .. })),
            "{path:?}: {found:?}"
        );
        assert_eq!(found, world.file(&stage.pr.repo, path, "main").await);
    }
    assert_eq!(stage.world.requests(), []);
}

fn check(stage: &Stage) -> NewCheck {
    NewCheck {
        head_sha: stage.head(),
        name: "review & more".to_owned(),
        conclusion: Conclusion::Failure,
        title: "One finding".to_owned(),
        summary: "It is **here**.".to_owned(),
        external_id: "run-1".to_owned(),
    }
}

async fn a_check_is_set_and_found(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let new = check(&stage);
    let find = async |id: &str| {
        let found = client.find_check(repo, &new.head_sha, &new.name, id).await;
        let direct = world.find_check(repo, &new.head_sha, &new.name, id).await;
        assert_eq!(found, direct, "{id}");
        found.unwrap()
    };
    assert_eq!(find("run-1").await, None);
    for conclusion in [Conclusion::Neutral, Conclusion::Success] {
        let other = NewCheck {
            conclusion,
            external_id: format!("{conclusion:?}"),
            ..new.clone()
        };
        client.set_check(repo, &other).await.unwrap();
    }
    let id = client.set_check(repo, &new).await.unwrap();
    let shown = stage.world.checks(repo, &new.head_sha);
    assert_eq!(shown.len(), 3);
    assert_eq!((shown[2].id, &shown[2].check), (id, &new));
    assert_eq!(find("run-1").await, Some(id));
    assert_eq!(find("run-2").await, None);
    // Many of the same name: the list has pages.
    for n in 0..150 {
        let external_id = format!("later-{n}");
        let later = NewCheck {
            external_id,
            ..new.clone()
        };
        stage.world.check_by("review-bot[bot]", repo, later);
    }
    assert!(find("later-149").await.is_some(), "on the second page");
}

#[tokio::test]
async fn another_apps_check_is_not_ones_own() {
    let stage = Stage::with_app().await;
    let new = check(&stage);
    stage
        .world
        .check_by("other[bot]", &stage.pr.repo, new.clone());
    let client = stage.client();
    let found = client
        .find_check(&stage.pr.repo, &new.head_sha, &new.name, "run-1")
        .await;
    assert_eq!(found, Ok(None));
}

async fn what_a_check_may_not_be(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let good = check(&stage);
    let long = |n: usize| NewCheck {
        summary: "ä".repeat(n),
        ..good.clone()
    };
    client.set_check(repo, &long(65_535)).await.unwrap();
    let unknown = NewCheck {
        head_sha: "f".repeat(40).parse().unwrap(),
        ..good.clone()
    };
    for (why, bad) in [("too long", long(65_536)), ("no such commit", unknown)] {
        let refused = client.set_check(repo, &bad).await;
        assert!(
            matches!(refused, Err(GitHubError::Rejected { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!(refused, world.set_check(repo, &bad).await, "{why}");
    }
    stage.world.set_bot("review-person");
    let refused = client.set_check(repo, &good).await;
    assert!(
        matches!(refused, Err(GitHubError::Forbidden { .. })),
        "only Apps may: {refused:?}"
    );
    assert_eq!(refused, world.set_check(repo, &good).await);
}

const MARKER: &str = "<!-- summary -->";

async fn one_comment_is_kept_up_to_date(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let pr = &stage.pr;
    stage.world.comment(pr, "mallory", MARKER);
    assert_eq!(
        client.find_comment(pr, MARKER).await,
        Ok(None),
        "a copied marker"
    );
    let id = client
        .create_comment(pr, &format!("First. {MARKER}"))
        .await
        .unwrap();
    assert_eq!(client.find_comment(pr, MARKER).await, Ok(Some(id)));
    assert_eq!(world.find_comment(pr, MARKER).await, Ok(Some(id)));
    let second = format!("Second. {MARKER}");
    client.update_comment(&pr.repo, id, &second).await.unwrap();
    let bodies = || -> Vec<String> {
        let shown = stage.world.comments(pr);
        shown.into_iter().map(|comment| comment.body).collect()
    };
    assert_eq!(bodies(), [MARKER.to_owned(), second.clone()]);

    let longest = "ä".repeat(65_536);
    client.update_comment(&pr.repo, id, &longest).await.unwrap();
    for (why, bad) in [("too long", longest + "ä"), ("nothing", " ".to_owned())] {
        let refused = client.create_comment(pr, &bad).await;
        assert!(
            matches!(refused, Err(GitHubError::Rejected { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!(refused, world.create_comment(pr, &bad).await, "{why}");
        let refused = client.update_comment(&pr.repo, id, &bad).await;
        assert_eq!(
            refused,
            world.update_comment(&pr.repo, id, &bad).await,
            "{why}"
        );
        assert!(refused.is_err(), "{why}");
    }
    let nobody = CommentId(1);
    let refused = client.update_comment(&pr.repo, nobody, "x").await;
    assert!(
        matches!(refused, Err(GitHubError::NotFound { .. })),
        "{refused:?}"
    );
    assert_eq!(refused, world.update_comment(&pr.repo, nobody, "x").await);
    assert_eq!(bodies().len(), 2, "refusals post nothing");
}

async fn comments_are_found_on_the_last_page(stage: Stage) {
    for n in 0..101 {
        stage
            .world
            .comment(&stage.pr, "reader", &format!("Thought {n}"));
    }
    let client = stage.client();
    let id = client.create_comment(&stage.pr, MARKER).await.unwrap();
    assert_eq!(client.find_comment(&stage.pr, MARKER).await, Ok(Some(id)));
}

async fn comments_on_several_lines(stage: Stage) {
    const TWO_HUNKS: &str = "\
diff --git a/a b/a
--- a/a
+++ b/a
@@ -1,2 +1,3 @@
 one
-two
+two!
+three
@@ -10 +11 @@
-ten
+ten!
";
    stage.world.push(&stage.pr, TWO_HUNKS);
    let (client, world) = (stage.client(), stage.world.github());
    let (left, right) = (Some(Side::Left), Some(Side::Right));
    for (why, start_line, start_side, line, taken) in [
        ("one line", None, None, 2, true),
        ("two lines", Some(1), right, 2, true),
        (
            "the side is the same, unless it is said",
            Some(1),
            None,
            3,
            true,
        ),
        ("from the old side to the new one", Some(2), left, 2, true),
        ("the wrong way round", Some(3), right, 2, false),
        ("from a line to itself", Some(2), right, 2, false),
        ("not on the diff", Some(5), right, 11, false),
        ("over two hunks", Some(3), right, 11, false),
        ("over two hunks, over the sides", Some(2), left, 11, false),
        ("a side without a line", None, right, 2, false),
    ] {
        let comment = ReviewComment {
            start_line,
            start_side,
            ..ReviewComment::at("a", line, Side::Right, "why?")
        };
        let review = NewReview {
            comments: vec![comment],
            ..stage.review("Several lines.")
        };
        let direct = world.create_review(&stage.pr, &review).await;
        let posted = client.create_review(&stage.pr, &review).await;
        assert_eq!(posted.is_ok(), taken, "{why}: {posted:?}");
        if taken {
            let shown = stage.world.reviews(&stage.pr).pop().unwrap();
            assert_eq!(shown.comments, review.comments, "{why}");
            stage.clock.advance(Duration::from_secs(60));
        } else {
            assert_eq!(posted, direct, "{why}");
        }
    }
}

async fn no_write_is_sent_twice(stage: Stage) {
    let client = stage.client();
    let pr = &stage.pr;
    let id = client.create_comment(pr, "First.").await.unwrap();
    let new = check(&stage);
    for fault in [Fault::LostReply, Fault::BadGateway, Fault::Unavailable] {
        for nth in 0..3 {
            stage.world.fail_next(fault);
            let before = stage.world.writes().len();
            let write = async {
                match nth {
                    0 => client.create_comment(pr, "x").await.map(drop),
                    1 => client.update_comment(&pr.repo, id, "x").await,
                    _ => client.set_check(&pr.repo, &new).await.map(drop),
                }
            };
            let (done, slept) = stage.slept(write).await;
            assert!(
                matches!(done, Err(GitHubError::Unavailable { .. })),
                "{nth}, {fault:?}"
            );
            assert_eq!(slept, Duration::from_secs(1), "{nth}, {fault:?}: spaced");
            assert_eq!(stage.world.writes().len(), before + 1, "{nth}, {fault:?}");
        }
    }
}
