//! Changes that stories are told with, as git writes them.

/// A new Rust file with these lines.
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

/// Nothing to find in it.
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

/// A debugging aid that was left in, in line 3.
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

/// A committed secret in line 2, and a debugging aid in line 5.
pub fn secret() -> String {
    // In two parts: this file holds no key.
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

/// A check of who it is, in line 8, that is taken out.
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

/// More files than GitHub gives a diff of.
pub fn too_large() -> String {
    let files = 0..301;
    let parts: String = files
        .map(|n| new_file(&format!("src/part_{n}.rs"), &["pub fn part() {}"]))
        .collect();
    parts + &leftover()
}
