//! Text of strangers that becomes code, SQL, markup or a command.

use super::rule;
use review::Severity::{High, Medium};
use review::rules::scan::{
    calls, ends_with_name, first_argument, has_call, has_word, indentation, is_constant, methods,
};
use review::rules::{Finds, Language, Reads, Rule, Spot};

pub(super) const SQL: Rule = Rule {
    finds: Finds::Lines(|line| {
        const METHODS: &[&str] = &[
            "execute",
            "executemany",
            "execute_query",
            "executeQuery",
            "executeUpdate",
            "query",
            "Query",
            "QueryRow",
            "QueryContext",
            "Exec",
            "ExecContext",
            "raw",
            "createQuery",
            "createNativeQuery",
            "prepareStatement",
            "exec",
            "queryRaw",
            "$queryRawUnsafe",
        ];
        !line.in_test()
            && METHODS
                .iter()
                .flat_map(|name| methods(line.code(), name))
                .chain(calls(line.code(), "sqlx::query"))
                .chain(calls(line.code(), "diesel::sql_query"))
                .any(|range| {
                    let code = line.code().get(range.clone()).unwrap_or_default();
                    let text = line.text().get(range).unwrap_or_default();
                    begins_sql(text) && is_put_together(line.file.language, code, text)
                })
    }),
    ..rule(
        "sql-injection",
        High,
        80,
        "SQL is put together from text. Pass the values as parameters (`?`, `$1`, `:name`), so \
         that none of them can become SQL.",
    )
};

/// Whether a string in `text` begins with a statement of SQL.
fn begins_sql(text: &str) -> bool {
    text.match_indices(['"', '\'', '`'])
        .take(16)
        .any(|(at, _)| {
            let inner = text.get(at + 1..).unwrap_or_default();
            let word = inner.trim_start_matches([' ', '"', '\'']).split(' ').next();
            word.is_some_and(|word| {
                [
                    "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "DROP", "ALTER", "MERGE",
                ]
                .iter()
                .any(|verb| word.eq_ignore_ascii_case(verb))
            })
        })
}

/// Whether strings in `text`, whose contents `code` lacks, take in values. Names in
/// capitals are constants, and placeholders are what should be there.
fn is_put_together(language: Language, code: &str, text: &str) -> bool {
    use Language as L;
    let formats = match language {
        L::Python => {
            is_f_string(code) && takes_in(text, "{")
                || code.contains("\".format(")
                || code.contains("'.format(")
                || ["\" % ", "' % "]
                    .iter()
                    .any(|percent| code.contains(percent))
        }
        L::JavaScript => {
            let tagged = code
                .find('`')
                .is_some_and(|at| code.get(..at).is_some_and(ends_with_name));
            code.contains('`') && !tagged && takes_in(text, "${")
        }
        L::Rust => has_call(code, "format!"),
        L::Go => has_call(code, "fmt.Sprintf"),
        L::CSharp => code.contains("$\"") && takes_in(text, "{"),
        L::Ruby => takes_in(text, "#{"),
        L::Java => code.contains("String.format(") || takes_in(text, "${"),
        L::Php => text.starts_with('"') && text.contains('$') || code.contains("' . $"),
        _ => false,
    };
    formats || adds_value(code)
}

fn is_f_string(code: &str) -> bool {
    ["f\"", "f'", "F\"", "F'"].iter().any(|open| {
        code.match_indices(open).take(8).any(|(at, _)| {
            let before = code.get(..at).unwrap_or_default();
            !ends_with_name(before.strip_suffix(['r', 'R']).unwrap_or(before))
        })
    })
}

/// Whether a value stands between `open` and the next `}`.
fn takes_in(text: &str, open: &str) -> bool {
    text.match_indices(open).take(16).any(|(at, _)| {
        let rest = text.get(at + open.len()..).unwrap_or_default();
        let value = rest.split('}').next().unwrap_or_default().trim();
        is_value(value)
    })
}

/// Whether something that is no constant is added to a string.
fn adds_value(code: &str) -> bool {
    code.match_indices(['"', '\'', '`'])
        .take(32)
        .any(|(at, _)| {
            let rest = code.get(at + 1..).unwrap_or_default().trim_start();
            rest.strip_prefix('+').is_some_and(|rest| {
                let rest = rest.trim_start();
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
                is_value(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default())
            })
        })
}

fn is_value(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_lowercase())
        && !["placeholder", "param_list", "bind"]
            .iter()
            .any(|word| name.contains(word))
}

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
        "Text is run as code. If any of it can come from outside, this runs what a stranger \
         wrote; parse it or look it up in a table instead.",
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
        // The call is on a line above: what it runs is not seen here.
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
                !value.is_empty()
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
        "Reading this format can run code that stands in the data. Use a format that only holds \
         data, such as JSON, for anything that comes from outside.",
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

pub(super) const WORKFLOW_EXPRESSION: Rule = Rule {
    reads: Reads::Languages(&[Language::Yaml]),
    finds: Finds::Lines(|line| {
        line.file.path().starts_with(".github/workflows/")
            && has_strangers_text(line.text())
            && is_in_script(line)
    }),
    ..rule(
        "workflow-injection",
        High,
        88,
        "GitHub puts this text into the script before the shell reads it, and anyone can write \
         it. Pass it through `env:` and use the variable, in quotes.",
    )
};

/// The contexts that "Security hardening for GitHub Actions" calls untrusted.
fn has_strangers_text(text: &str) -> bool {
    text.match_indices("${{").take(16).any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        let expression = rest.split("}}").next().unwrap_or_default().trim();
        expression == "github.head_ref"
            || expression
                .strip_prefix("github.event.")
                .is_some_and(|path| {
                    [
                        ".title",
                        ".body",
                        ".head.ref",
                        ".head.label",
                        ".message",
                        ".author.name",
                        ".author.email",
                        ".page_name",
                    ]
                    .iter()
                    .any(|end| path.ends_with(end))
                })
    })
}

/// Whether the line is the script of a step, as far as the diff shows.
fn is_in_script(line: &Spot<'_>) -> bool {
    let runs = |text: &str| {
        let text = text.trim_start().trim_start_matches("- ");
        text.starts_with("run:") || text.starts_with("script:")
    };
    let depth = |text: &str| indentation(text).len();
    runs(line.text())
        || line
            .lines_above()
            .take(40)
            .find(|above| !above.text.trim().is_empty() && depth(above.text) < depth(line.text()))
            .is_some_and(|above| {
                runs(above.text) && above.text.trim_end().ends_with(['|', '>', '-'])
            })
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn sql_is_not_put_together() {
        check(&[
            (
                SQL,
                "an f-string",
                "a.py",
                "db.execute(f\"SELECT * FROM t WHERE id = {user_id}\")",
                true,
            ),
            (
                SQL,
                "percent",
                "a.py",
                "db.execute(\"SELECT * FROM t WHERE id = %s\" % user_id)",
                true,
            ),
            (
                SQL,
                "parameters",
                "a.py",
                "db.execute(\"SELECT * FROM t WHERE id = %s\", (user_id,))",
                false,
            ),
            (
                SQL,
                "a constant table",
                "a.py",
                "db.execute(f\"SELECT * FROM {TABLE}\")",
                false,
            ),
            (
                SQL,
                "placeholders",
                "a.py",
                "db.execute(f\"DELETE FROM t WHERE id IN ({placeholders})\", ids)",
                false,
            ),
            (
                SQL,
                "no SQL",
                "a.py",
                "pool.execute(f\"task {name}\")",
                false,
            ),
            (
                SQL,
                "in a comment",
                "a.py",
                "# db.execute(f\"SELECT {x}\")",
                false,
            ),
            (
                SQL,
                "in a test",
                "tests/a.py",
                "db.execute(f\"SELECT {x}\")",
                false,
            ),
            (
                SQL,
                "a template",
                "a.ts",
                "await db.query(`SELECT * FROM t WHERE id = ${id}`)",
                true,
            ),
            (
                SQL,
                "a tag makes parameters of it",
                "a.ts",
                "await db.query(sql`SELECT * FROM t WHERE id = ${id}`)",
                false,
            ),
            (
                SQL,
                "added",
                "a.js",
                "db.query('SELECT * FROM t WHERE id = ' + id)",
                true,
            ),
            (
                SQL,
                "two constants",
                "a.js",
                "db.query('SELECT * ' + 'FROM t')",
                false,
            ),
            (
                SQL,
                "format!",
                "a.rs",
                "client.query(&format!(\"SELECT {x}\"), &[])",
                true,
            ),
            (
                SQL,
                "sqlx",
                "a.rs",
                "sqlx::query(\"SELECT $1\").bind(x)",
                false,
            ),
            (
                SQL,
                "Sprintf",
                "a.go",
                "db.QueryContext(ctx, fmt.Sprintf(\"SELECT %s\", x))",
                true,
            ),
            (
                SQL,
                "parameters in Go",
                "a.go",
                "db.QueryContext(ctx, \"SELECT $1\", x)",
                false,
            ),
            (
                SQL,
                "Java",
                "A.java",
                "st.executeQuery(\"SELECT * FROM t WHERE n = '\" + name + \"'\")",
                true,
            ),
        ]);
    }

    #[test]
    fn text_does_not_become_code() {
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

    #[test]
    fn a_workflow_does_not_run_a_title() {
        let path = ".github/workflows/ci.yml";
        let title = "${{ github.event.pull_request.title }}";
        let one_line = format!("      - run: echo \"{title}\"");
        let block = format!("      - run: |\n          set -e\n          echo {title}");
        let env = format!("        env:\n          TITLE: {title}");
        check(&[
            (WORKFLOW_EXPRESSION, "one line", path, &one_line, true),
            (WORKFLOW_EXPRESSION, "a block", path, &block, true),
            (
                WORKFLOW_EXPRESSION,
                "through the environment",
                path,
                &env,
                false,
            ),
            (
                WORKFLOW_EXPRESSION,
                "a number",
                path,
                "- run: echo ${{ github.event.number }}",
                false,
            ),
            (
                WORKFLOW_EXPRESSION,
                "not a workflow",
                "a.yml",
                &one_line,
                false,
            ),
        ]);
    }
}
