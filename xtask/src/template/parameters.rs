//! Parameters of secrets that the base file does not have.

use crate::base::Base;
use crate::manifest::Function;
use std::collections::BTreeMap;

/// Returns the parameters of secrets that the base file does not have.
pub(super) fn parameters(base: Base<'_>, functions: &[Function]) -> String {
    let secrets = functions.iter().flat_map(|it| &it.needs.secrets);
    let secrets = secrets.map(|(variable, parameter)| (parameter, variable));
    let missing: BTreeMap<_, _> = secrets
        .filter(|(parameter, _)| base.parameter(parameter).is_none())
        .collect();
    let text = missing.iter().map(|(parameter, variable)| {
        let default = variable.to_lowercase().replace('_', "-");
        PARAMETER
            .replace("<parameter>", parameter)
            .replace("<variable>", variable)
            .replace("<default>", &default)
    });
    text.collect()
}

const PARAMETER: &str = r#"  <parameter>:
    Type: String
    MaxLength: 256
    AllowedPattern: "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"
    Default: github-bot/<default>
    Description: Name of the secret <variable>. In SSM, the parameter has a slash in front of it.
"#;
