use serde::de::{Deserialize, Deserializer, Error};
use std::fmt;

/// Number, or name of a parameter of the base file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Fixed value.
    Number(u64),
    /// Name of a template parameter.
    Parameter(String),
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        let number = value.as_integer().map(u64::try_from);
        let found = value
            .as_integer()
            .map_or_else(|| value.type_str().to_owned(), |it| it.to_string());
        match (number, value.as_str()) {
            (Some(Ok(number)), _) => Ok(Self::Number(number)),
            (None, Some(name)) => Ok(Self::Parameter(name.to_owned())),
            (Some(Err(_)) | None, _) => Err(D::Error::custom(format!(
                "expected a whole number, or the name of a parameter of infra/base.yaml in \
                 quotes, not {found}"
            ))),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Parameter(name) => write!(f, "!Ref {name}"),
        }
    }
}
