//! Text interpreted as code, markup, an object or a command.

use super::put_together::{adds_value, takes_in};
use review::Severity::{High, Medium};
use review::rules::rule;
use review::rules::scan::{calls, first_argument, has_call, has_word, is_constant};
use review::rules::{Finds, Language, Reads, Rule, Spot};

pub(super) const DYNAMIC_CODE: Rule = Rule {
    reads: Reads::Languages(&[
        Language::Python,
        Language::JavaScript,
        Language::Php,
        Language::Ruby,
    ]),
    finds: Finds::Lines(|line| {
        let names: &[&str] = match line.file.language {
            Language::Python => &["eval", "exec"],
            Language::JavaScript => &["eval", "new Function"],
            _ => &["eval"],
        };
        !line.in_test() && names.iter().any(|name| calls_with_value(line.code(), name))
    }),
    ..rule(
        "dynamic-code",
        High,
        75,
        "Text is run as code. If any part of it comes from outside, a stranger can run code. \
         Parse it, or look it up in a table.",
    )
};

fn calls_with_value(code: &str, name: &str) -> bool {
    calls(code, name).any(|range| !is_constant(first_argument(code.get(range).unwrap_or_default())))
}

const SUBPROCESS: &[&str] = &[
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "Popen",
];

pub(super) const SHELL: Rule = Rule {
    finds: Finds::Lines(|line| {
        let (code, text) = (line.code(), line.text());
        let found = match line.file.language {
            Language::Python => {
                ["os.system", "os.popen"]
                    .iter()
                    .any(|name| calls_with_value(code, name))
                    || shell_is_true(code)
                        && SUBPROCESS.iter().any(|name| calls_with_value(code, name))
            }
            Language::JavaScript => [
                "exec",
                "execSync",
                "child_process.exec",
                "child_process.execSync",
            ]
            .iter()
            .flat_map(|name| calls(code, name))
            .any(|range| {
                let code = first_argument(code.get(range.clone()).unwrap_or_default());
                let text = text.get(range.start..range.start + code.len());
                code.contains('`') && text.is_some_and(|text| takes_in(text, "${"))
                    || adds_value(code)
            }),
            Language::Ruby => has_call(code, "system") && takes_in(text, "#{"),
            Language::Php => ["shell_exec", "exec", "system", "passthru"]
                .iter()
                .flat_map(|name| calls(code, name))
                .any(|range| {
                    let text = text.get(range).unwrap_or_default();
                    text.contains('$') && !text.contains("escapeshell")
                }),
            Language::Go => calls(code, "exec.Command").any(|range| {
                let text = text.get(range.clone()).unwrap_or_default();
                let code = code.get(range).unwrap_or_default();
                text.contains("\"-c\"") && (has_call(code, "fmt.Sprintf") || adds_value(code))
            }),
            _ => false,
        };
        found && !line.in_test()
    }),
    ..rule(
        "shell-injection",
        High,
        80,
        "A command for a shell is put together from text. Pass the program and its arguments as \
         a list, without a shell, so that no argument can become a command.",
    )
};

pub(super) const SHELL_TRUE: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        // The call is on a line above, so its method is unknown here.
        !line.in_test()
            && shell_is_true(line.code())
            && !SUBPROCESS.iter().any(|name| has_call(line.code(), name))
            && line
                .above()
                .is_some_and(|above| !is_constant(above.code.trim().trim_end_matches(',')))
    }),
    ..rule(
        "shell-injection",
        Medium,
        55,
        "`shell=True` lets a shell read the command. Pass a list of arguments without it, unless \
         no part of the command comes from outside.",
    )
};

fn shell_is_true(code: &str) -> bool {
    ["shell=True", "shell = True"]
        .iter()
        .any(|text| has_word(code, text))
}

pub(super) const HTML: Rule = Rule {
    reads: Reads::Languages(&[Language::JavaScript, Language::Html]),
    finds: Finds::Lines(|line| {
        let code = line.code();
        let cleaned = [
            "sanitize",
            "Sanitize",
            "DOMPurify",
            "purify",
            "escape",
            "trustedHTML",
        ];
        !line.in_test()
            && !cleaned.iter().any(|word| line.text().contains(word))
            && (assigns_markup(line)
                || code.contains("dangerouslySetInnerHTML={")
                || calls_with_value(code, "document.write"))
    }),
    ..rule(
        "html-injection",
        High,
        65,
        "Text becomes markup here. If any of it can come from outside, it can bring scripts: set \
         `textContent`, or clean it with a sanitizer first.",
    )
};

fn assigns_markup(line: &Spot<'_>) -> bool {
    [".innerHTML", ".outerHTML"].iter().any(|name| {
        line.code().match_indices(name).take(8).any(|(at, _)| {
            let rest = line
                .code()
                .get(at + name.len()..)
                .unwrap_or_default()
                .trim_start();
            let value = rest.strip_prefix("+=").or_else(|| rest.strip_prefix('='));
            value.is_some_and(|value| {
                let value = value.trim().trim_end_matches(';');
                let template = value.contains('`');
                // A copy of the page's own content, or a string that
                // continues below.
                let known = value.ends_with(".innerHTML")
                    || value.starts_with(['"', '\'']) && value.ends_with('\\');
                !value.is_empty()
                    && !known
                    && !value.starts_with('=')
                    && !is_constant(value)
                    && (!template || line.text().contains("${"))
            })
        })
    })
}

pub(super) const PICKLE: Rule = Rule {
    reads: Reads::Languages(&[
        Language::Python,
        Language::Ruby,
        Language::Php,
        Language::Java,
    ]),
    finds: Finds::Lines(|line| {
        let names: &[&str] = match line.file.language {
            Language::Python => &[
                "pickle.load",
                "pickle.loads",
                "cPickle.load",
                "cPickle.loads",
                "dill.load",
                "dill.loads",
                "marshal.load",
                "marshal.loads",
                "jsonpickle.decode",
            ],
            Language::Ruby => &["Marshal.load"],
            Language::Php => &["unserialize"],
            _ => &["new ObjectInputStream"],
        };
        !line.in_test() && names.iter().any(|name| calls_with_value(line.code(), name))
    }),
    ..rule(
        "unsafe-deserialization",
        High,
        65,
        "Reading this format can run code from the data. For data from outside, use a format \
         without code, such as JSON.",
    )
};

pub(super) const YAML: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        ["yaml.load", "yaml.load_all"]
            .iter()
            .flat_map(|name| calls(line.code(), name))
            .any(|range| {
                let arguments = line.code().get(range.clone()).unwrap_or_default();
                let closed = range.end < line.code().len();
                closed && !arguments.contains("SafeLoader") && !arguments.contains("BaseLoader")
            })
            || has_call(line.code(), "yaml.unsafe_load")
    }),
    ..rule(
        "unsafe-deserialization",
        High,
        85,
        "This way to read YAML can build any object, and so run code. Use `yaml.safe_load`.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_injection() {
        check(&[
            (
                DYNAMIC_CODE,
                "eval",
                "a.py",
                "x = eval(request.args['q'])",
                true,
            ),
            (
                DYNAMIC_CODE,
                "a constant",
                "a.js",
                "const g = eval('this')",
                false,
            ),
            (
                DYNAMIC_CODE,
                "a model's method",
                "a.py",
                "model.eval()",
                false,
            ),
            (
                DYNAMIC_CODE,
                "a safe cousin",
                "a.py",
                "ast.literal_eval(x)",
                false,
            ),
            (DYNAMIC_CODE, "a definition", "a.py", "def eval(x):", false),
            (
                DYNAMIC_CODE,
                "a regular expression's method",
                "a.js",
                "re.exec(x)",
                false,
            ),
            (
                DYNAMIC_CODE,
                "Function",
                "a.js",
                "const f = new Function(body)",
                true,
            ),
            (
                SHELL,
                "os.system",
                "a.py",
                "os.system(\"ls \" + path)",
                true,
            ),
            (SHELL, "a constant", "a.py", "os.system(\"clear\")", false),
            (
                SHELL,
                "subprocess with a shell",
                "a.py",
                "subprocess.run(f\"ls {path}\", shell=True)",
                true,
            ),
            (
                SHELL,
                "a constant with a shell",
                "a.py",
                "subprocess.run(\"ls | wc\", shell=True)",
                false,
            ),
            (
                SHELL,
                "a list",
                "a.py",
                "subprocess.run([\"ls\", path])",
                false,
            ),
            (
                SHELL_TRUE,
                "over lines",
                "a.py",
                "subprocess.run(\n    cmd,\n    shell=True,\n)",
                true,
            ),
            (
                SHELL_TRUE,
                "a constant over lines",
                "a.py",
                "subprocess.run(\n    'ls',\n    shell=True,\n)",
                false,
            ),
            (SHELL, "Node", "a.js", "execSync(`git log ${ref}`)", true),
            (
                SHELL,
                "a constant template",
                "a.js",
                "execSync(`git log`)",
                false,
            ),
            (
                SHELL,
                "a regular expression",
                "a.js",
                "re.exec(`${x}`)",
                false,
            ),
            (
                SHELL,
                "Go",
                "a.go",
                "exec.Command(\"sh\", \"-c\", \"ls \"+dir)",
                true,
            ),
            (
                SHELL,
                "Go without a shell",
                "a.go",
                "exec.Command(\"ls\", \"-l\"+dir)",
                false,
            ),
            (
                HTML,
                "a value",
                "a.js",
                "el.innerHTML = comment.body;",
                true,
            ),
            (
                HTML,
                "a template with a value",
                "a.js",
                "el.innerHTML = `<b>${name}</b>`;",
                true,
            ),
            (
                HTML,
                "a template without",
                "a.js",
                "el.innerHTML = `<b>hi</b>`;",
                false,
            ),
            (HTML, "emptied", "a.js", "el.innerHTML = '';", false),
            (
                HTML,
                "copied",
                "a.js",
                "el.innerHTML = other.innerHTML;",
                false,
            ),
            (HTML, "read", "a.js", "if (el.innerHTML === x) {}", false),
            (
                HTML,
                "cleaned",
                "a.js",
                "el.innerHTML = DOMPurify.sanitize(x);",
                false,
            ),
            (
                HTML,
                "React",
                "a.tsx",
                "<p dangerouslySetInnerHTML={{ __html: body }} />",
                true,
            ),
            (PICKLE, "pickle", "a.py", "x = pickle.loads(data)", true),
            (PICKLE, "written", "a.py", "pickle.dumps(data)", false),
            (YAML, "any object", "a.py", "yaml.load(f)", true),
            (
                YAML,
                "safe",
                "a.py",
                "yaml.load(f, Loader=yaml.SafeLoader)",
                false,
            ),
            (YAML, "safe, too", "a.py", "yaml.safe_load(f)", false),
            (YAML, "the rest is not seen", "a.py", "yaml.load(f,", false),
        ]);
    }
}
