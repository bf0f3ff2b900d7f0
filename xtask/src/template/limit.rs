//! Size of the environment of functions.

use super::environment;
use super::parameters::parameters;
use crate::base::{Base, PATH};
use crate::manifest::{Function, Key, Problem};
use crate::naming::pascal;

/// Bytes of all variables of a function ("Lambda quotas").
const MAX_ENVIRONMENT: usize = 4096;
/// Bytes beside a name and its value, as in JSON: four quotes, a colon and a comma.
const PUNCTUATION: usize = 6;
/// Letters of names that AWS limits: a stack, which is the bus, too; a table; a queue; a region
/// with room for a new one; an account; a domain.
const STACK: usize = 128;
const TABLE: usize = 255;
const QUEUE: usize = 80;
const REGION: usize = 20;
const ACCOUNT: usize = 12;
const DOMAIN: usize = "amazonaws.com.cn".len();

/// Returns the problems of functions whose variables can exceed Lambda's limit, and of parameters
/// without a limit.
pub fn environments(base: &str, functions: &[Function]) -> Vec<Problem> {
    let base = Base(base);
    let generated = format!("Parameters:\n{}", parameters(base, functions));
    let mut problems = Vec::new();
    for function in functions {
        let names = Names {
            base,
            generated: Base(&generated),
            function,
        };
        match names.size() {
            Ok(size) if size > MAX_ENVIRONMENT => {
                let mut own = function.environment.values();
                let line = own.next().map(|it| function.line(Key::Environment, it));
                let reason = format!(
                    "the variables of the function can have {size} bytes, Lambda accepts \
                     {MAX_ENVIRONMENT}: remove variables, or lower MaxLength of their parameters \
                     in {PATH}"
                );
                problems.push(Problem::new(&function.file(), line.unwrap_or(1), reason));
            }
            Ok(_) => {}
            Err(problem) if problems.contains(&problem) => {}
            Err(problem) => problems.push(problem),
        }
    }
    problems
}

/// Parameters and resources that the variables of a function refer to.
struct Names<'a> {
    base: Base<'a>,
    generated: Base<'a>,
    function: &'a Function,
}

impl Names<'_> {
    /// Returns the most bytes of all variables.
    fn size(&self) -> Result<usize, Problem> {
        let text = self.base.variables() + &environment::variables(self.function);
        let (mut size, mut longest) = (0, 0);
        for line in text.lines() {
            let is_variable = !line.starts_with(' ');
            let (name, value) = match line.split_once(": ").filter(|_| is_variable) {
                Some((name, value)) => (name, value),
                None => ("", line),
            };
            if is_variable {
                size += longest + name.len() + PUNCTUATION;
                longest = 0;
            }
            longest = longest.max(self.longest(value)?);
        }
        Ok(size + longest)
    }

    /// Returns the most bytes of the values in a line of YAML.
    fn longest(&self, line: &str) -> Result<usize, Problem> {
        let mut words = line.split([' ', ',', '[', ']']).filter(|it| !it.is_empty());
        let mut longest = 0;
        while let Some(word) = words.next() {
            let length = match word {
                "!Ref" => self.named(words.next().unwrap_or_default())?,
                "!Sub" => self.substituted(words.next().unwrap_or_default())?,
                "!If" | "-" => 0,
                other if other.starts_with('!') => {
                    return Err(Problem::new(
                        PATH,
                        1,
                        format!("{other} in a variable has no known length: use !Ref, !Sub or !If"),
                    ));
                }
                // A name of a condition, which is shorter than the branches, or a text.
                text => text.trim_matches('"').len(),
            };
            longest = longest.max(length);
        }
        Ok(longest)
    }

    fn substituted(&self, text: &str) -> Result<usize, Problem> {
        let mut parts = text.split("${");
        let mut length = parts.next().unwrap_or_default().len();
        for part in parts {
            let (name, after) = part.split_once('}').unwrap_or((part, ""));
            length += self.named(name)? + after.len();
        }
        Ok(length)
    }

    /// Returns the most bytes of a parameter's value or of a resource's name.
    fn named(&self, name: &str) -> Result<usize, Problem> {
        let url = "https://sqs..//".len() + REGION + DOMAIN + ACCOUNT + QUEUE;
        let queue = self.function.queue();
        if queue.is_some_and(|it| format!("{}Queue", pascal(&it.name)) == name) {
            return Ok(url);
        }
        match self.base.resource_type(name) {
            Some("AWS::Events::EventBus") => return Ok(STACK),
            Some("AWS::DynamoDB::Table") => return Ok(TABLE),
            Some("AWS::SQS::Queue") => return Ok(url),
            Some(_) | None if name == "AWS::NoValue" => return Ok(0),
            Some(_) | None => {}
        }
        let parameter = self.base.parameter(name);
        let parameter = parameter.or_else(|| self.generated.parameter(name));
        let place = parameter.as_ref().map_or(1, |it| it.line);
        if let Some(length) = parameter.and_then(|it| it.longest()) {
            return Ok(length);
        }
        let reason = format!(
            "{name} has no limit of its bytes, and Lambda accepts {MAX_ENVIRONMENT} for all \
             variables: give it AllowedValues, or MaxLength and an AllowedPattern of ASCII"
        );
        let mut own = self.function.environment.values();
        Err(match own.find(|it| *it == name) {
            Some(own) => {
                let line = self.function.line(Key::Environment, own);
                let reason = format!("{reason}, in {PATH}:{place}");
                Problem::new(&self.function.file(), line, reason)
            }
            None => Problem::new(PATH, place, reason),
        })
    }
}
