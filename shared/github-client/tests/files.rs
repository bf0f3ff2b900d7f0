//! The HTTP client and the in-process world agree on changed files and small files.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests, run by `by_token_and_by_app`"
)]

#[macro_use]
mod common;

use common::Stage;
use github::port::{FileStatus, GitHubError, ReadDiff, ReadFile, ReadFiles};

by_token_and_by_app!(
    files_of_every_kind,
    files_replace_missing_diff,
    unchanged_file_comes_from_cache,
    invalid_path_sends_no_request,
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

async fn files_replace_missing_diff(stage: Stage) {
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

async fn unchanged_file_comes_from_cache(stage: Stage) {
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
        assert_eq!(status(1), 304, "the file is not sent again");
    }
    put(".github/review.toml", "a = 2");
    let found = client.file(repo, ".github/review.toml", "main").await;
    assert_eq!(found, Ok(Some(b"a = 2".to_vec())), "it has changed");
    assert_eq!(status(1), 200);
}

async fn invalid_path_sends_no_request(stage: Stage) {
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
