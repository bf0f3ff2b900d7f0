//! Diffs for tests, in git's format.

/// Returns the diff of a new Rust file with these lines.
pub fn new_file(path: &str, lines: &[&str]) -> String {
    let mut diff = format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n",
        lines.len()
    );
    for line in lines {
        diff += &format!("+{line}\n");
    }
    diff
}

/// Returns a diff without findings.
pub fn clean() -> String {
    new_file(
        "src/turn.rs",
        &[
            "/// Turns left to right.",
            "pub fn turn(left: u32) -> u32 {",
            "    left + 1",
            "}",
        ],
    )
}

/// Returns a diff with a leftover debugging macro in line 3.
pub fn leftover() -> String {
    new_file(
        "src/turn.rs",
        &[
            "/// Turns left to right.",
            "pub fn turn(left: u32) -> u32 {",
            "    dbg!(left) + 1",
            "}",
        ],
    )
}

/// Returns a diff with a committed secret in line 2 and a debugging macro in line 5.
pub fn secret() -> String {
    // Split in two, so that this file contains no key.
    let key = format!("const KEY: &str = \"AKIA{}\";", "Q3EGRV7MHN2XKD5T");
    new_file(
        "src/upload.rs",
        &[
            "/// What uploads are signed with.",
            &key,
            "",
            "pub fn upload(widget: &str) -> String {",
            "    dbg!(widget);",
            "    format!(\"{KEY} {widget}\")",
            "}",
        ],
    )
}

/// Returns a diff that removes an authorization check in line 8.
pub fn gone() -> String {
    "diff --git a/src/turn.rs b/src/turn.rs
--- a/src/turn.rs
+++ b/src/turn.rs
@@ -7,3 +7,2 @@
 pub fn delete(user: &User) -> Result<(), Denied> {
-    require_admin(user)?;
     drop_all()
"
    .to_owned()
}

/// Returns a diff with more files than GitHub's limit.
pub fn too_large() -> String {
    let files = 0..301;
    let parts: String = files
        .map(|n| new_file(&format!("src/part_{n}.rs"), &["pub fn part() {}"]))
        .collect();
    parts + &leftover()
}
