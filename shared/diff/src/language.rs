//! Derives facts about a file from its path.

/// Language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// C and C++.
    C,
    CSharp,
    /// CSS and languages that compile to it.
    Css,
    /// Build file of a container.
    Dockerfile,
    Go,
    /// HTML and HTML templates.
    Html,
    /// Java, Kotlin, Scala, Groovy.
    Java,
    /// JavaScript and TypeScript, with their single-file components.
    JavaScript,
    Json,
    Php,
    Python,
    Ruby,
    Rust,
    /// Shell scripts and make files.
    Shell,
    Sql,
    /// Swift, Dart.
    Swift,
    /// Prose: Markdown, plain text.
    Text,
    /// TOML, INI, properties, `.env`.
    Toml,
    Yaml,
    /// Any other language.
    Other,
}

impl Language {
    /// Programming languages.
    pub const PROGRAMS: &'static [Self] = &[
        Self::C,
        Self::CSharp,
        Self::Go,
        Self::Java,
        Self::JavaScript,
        Self::Php,
        Self::Python,
        Self::Ruby,
        Self::Rust,
        Self::Shell,
        Self::Sql,
        Self::Swift,
    ];

    /// Returns the language for GitHub's name ("List repository languages"; Linguist,
    /// `languages.yml`).
    pub fn named(name: &str) -> Self {
        match name {
            "C" | "C++" | "Objective-C" | "Objective-C++" => Self::C,
            "C#" => Self::CSharp,
            "CSS" | "SCSS" | "Sass" | "Less" => Self::Css,
            "Dockerfile" => Self::Dockerfile,
            "Go" => Self::Go,
            "HTML" | "EJS" | "Handlebars" | "XML" => Self::Html,
            "Java" | "Kotlin" | "Scala" | "Groovy" => Self::Java,
            "JavaScript" | "TypeScript" | "Vue" | "Svelte" => Self::JavaScript,
            "JSON" => Self::Json,
            "PHP" => Self::Php,
            "Python" => Self::Python,
            "Ruby" => Self::Ruby,
            "Rust" => Self::Rust,
            "Shell" | "Makefile" | "Just" => Self::Shell,
            "SQL" | "PLpgSQL" | "PLSQL" | "TSQL" => Self::Sql,
            "Swift" | "Dart" => Self::Swift,
            "Markdown" | "MDX" | "TeX" => Self::Text,
            "TOML" | "INI" | "HCL" => Self::Toml,
            "YAML" => Self::Yaml,
            _ => Self::Other,
        }
    }

    /// Returns the language of the file at `path`.
    pub fn of(path: &str) -> Self {
        let name = file_name(path);
        match name {
            "Dockerfile" | "Containerfile" => return Self::Dockerfile,
            "Makefile" | "GNUmakefile" | "justfile" => return Self::Shell,
            "Gemfile" | "Rakefile" => return Self::Ruby,
            "Jenkinsfile" => return Self::Java,
            _ => {}
        }
        if is_env_file(name) {
            return Self::Toml;
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "m" | "mm" => Self::C,
            "cs" => Self::CSharp,
            "css" | "scss" | "sass" | "less" => Self::Css,
            "dockerfile" => Self::Dockerfile,
            "go" => Self::Go,
            "html" | "htm" | "erb" | "ejs" | "hbs" | "xml" => Self::Html,
            "java" | "kt" | "kts" | "scala" | "groovy" | "gradle" => Self::Java,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => {
                Self::JavaScript
            }
            "json" | "json5" | "jsonc" => Self::Json,
            "php" => Self::Php,
            "py" | "pyi" | "pyw" => Self::Python,
            "rb" | "rake" => Self::Ruby,
            "rs" => Self::Rust,
            "sh" | "bash" | "zsh" | "mk" => Self::Shell,
            "sql" => Self::Sql,
            "swift" | "dart" => Self::Swift,
            "md" | "mdx" | "markdown" | "rst" | "txt" | "adoc" | "tex" => Self::Text,
            "toml" | "ini" | "cfg" | "conf" | "properties" | "tf" | "tfvars" => Self::Toml,
            "yml" | "yaml" => Self::Yaml,
            _ => Self::Other,
        }
    }
}

/// Returns whether the name and the folders of the file mark it as a test.
pub fn is_test(path: &str) -> bool {
    let in_folder = path.rsplit_once('/').is_some_and(|(folders, _)| {
        folders.split('/').any(|folder| {
            matches!(
                folder,
                "test" | "tests" | "__tests__" | "spec" | "specs" | "testdata" | "fixtures" | "e2e"
            )
        })
    });
    let name = file_name(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    in_folder
        || stem.starts_with("test_")
        || ["_test", "_tests", "_spec", "Test", "Tests", "Spec"]
            .iter()
            .any(|end| stem.ends_with(end))
        || matches!(stem, "test" | "tests" | "conftest")
        || [".test.", ".spec.", ".cy."]
            .iter()
            .any(|part| name.contains(part))
}

/// Returns whether the path marks the file as generated or as third-party code, which is not edited
/// by hand in this repository.
pub fn is_generated(path: &str) -> bool {
    let name = file_name(path);
    let lower = name.to_ascii_lowercase();
    let locked = matches!(
        lower.as_str(),
        "cargo.lock"
            | "package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "bun.lock"
            | "deno.lock"
            | "poetry.lock"
            | "pdm.lock"
            | "uv.lock"
            | "pipfile.lock"
            | "gemfile.lock"
            | "composer.lock"
            | "podfile.lock"
            | "mix.lock"
            | "flake.lock"
            | "pubspec.lock"
            | "packages.lock.json"
            | "go.sum"
            | "gradle.lockfile"
    );
    let built = [".min.js", ".min.css", ".min.mjs", ".map", ".snap", ".svg"]
        .iter()
        .chain(&[".pb.go", "_pb2.py", "_pb2.pyi", ".g.dart", ".designer.cs"])
        .any(|end| lower.ends_with(end))
        || lower.contains(".generated.")
        || lower.contains("_generated.");
    let elsewhere = path.rsplit_once('/').is_some_and(|(folders, _)| {
        folders
            .split('/')
            .any(|folder| matches!(folder, "node_modules" | "vendor" | "third_party" | "dist"))
    });
    locked || built || elsewhere
}

/// Returns whether the line marks the file as generated (`@generated`, or Go's "Code generated … DO
/// NOT EDIT.").
pub fn says_generated(line: &str) -> bool {
    let line = line.get(..line.floor_char_boundary(400)).unwrap_or(line);
    line.contains(concat!("@", "generated"))
        || (line.contains("generated") && line.contains("DO NOT EDIT"))
}

/// Returns whether `name` is a file of environment variables, such as `.env.production`.
pub fn is_env_file(name: &str) -> bool {
    name == ".env" || name.starts_with(".env.")
}

/// Returns the last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_files_by_path() {
        for (why, path, language, test, generated) in [
            ("Rust", "src/lib.rs", Language::Rust, false, false),
            ("a lock file", "Cargo.lock", Language::Other, false, true),
            (
                "of a sub-project",
                "web/yarn.lock",
                Language::Other,
                false,
                true,
            ),
            (
                "a test by its folder",
                "tests/api.rs",
                Language::Rust,
                true,
                false,
            ),
            (
                "by its name",
                "src/app.test.tsx",
                Language::JavaScript,
                true,
                false,
            ),
            ("Go's way", "api/api_test.go", Language::Go, true, false),
            (
                "pytest's way",
                "api/test_api.py",
                Language::Python,
                true,
                false,
            ),
            (
                "Java's way",
                "src/ApiTest.java",
                Language::Java,
                true,
                false,
            ),
            (
                "not a test, only a word",
                "src/latest.py",
                Language::Python,
                false,
                false,
            ),
            (
                "not a test, only a word",
                "src/contest/app.py",
                Language::Python,
                false,
                false,
            ),
            (
                "minified",
                "web/app.min.js",
                Language::JavaScript,
                false,
                true,
            ),
            ("vendored", "vendor/x/y.go", Language::Go, false, true),
            (
                "not vendored, a file",
                "vendor.py",
                Language::Python,
                false,
                false,
            ),
            (
                "protocol buffers",
                "api/v1.pb.go",
                Language::Go,
                false,
                true,
            ),
            (
                "a snapshot",
                "ui/__tests__/a.snap",
                Language::Other,
                true,
                true,
            ),
            (
                "no extension",
                "Dockerfile",
                Language::Dockerfile,
                false,
                false,
            ),
            (
                "variables",
                "deploy/.env.production",
                Language::Toml,
                false,
                false,
            ),
            ("upper case", "README.MD", Language::Text, false, false),
            ("nothing", "", Language::Other, false, false),
        ] {
            assert_eq!(Language::of(path), language, "{why}: {path}");
            assert_eq!(is_test(path), test, "{why}: {path}");
            assert_eq!(is_generated(path), generated, "{why}: {path}");
        }
    }
}
