use std::collections::BTreeMap;

/// State, services and secrets that a function uses.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Kinds of state items.
    pub state: Option<State>,
    /// Emits events.
    pub bus: bool,
    /// Reads from GitHub.
    pub github_read: bool,
    /// Reads from and writes to GitHub.
    pub github_write: bool,
    /// Asks the model.
    pub model: bool,
    /// Reads the deployment's settings, `REVIEW_POLICY`.
    pub policy: bool,
    /// Reads the time, or sleeps.
    pub clock: bool,
    /// Draws random numbers.
    pub entropy: bool,
    /// Variables of the secrets, with the template parameter that holds each secret's name.
    /// `wire` generates a parameter that the base file does not have.
    pub secrets: BTreeMap<String, String>,
}

/// Kinds of state items, such as `pr` of `pr:octo/widgets#7`.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Kinds that the function reads.
    pub read: Vec<String>,
    /// Kinds that the function writes.
    pub write: Vec<String>,
}

impl State {
    /// Returns all kinds that the function reads or writes, without repetitions.
    pub fn kinds(&self) -> Vec<&str> {
        let more = self.write.iter().filter(|kind| !self.read.contains(kind));
        self.read.iter().chain(more).map(String::as_str).collect()
    }
}

impl Needs {
    /// Returns whether the function calls GitHub.
    pub fn has_github(&self) -> bool {
        self.github_read || self.github_write
    }

    /// Returns the names of the fields of the handler's `Deps`.
    pub fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("state", self.state.is_some()),
            ("bus", self.bus),
            ("github", self.has_github()),
            ("model", self.model),
            ("policy", self.policy),
            ("clock", self.clock),
            ("entropy", self.entropy),
        ];
        let needed = fields.into_iter().filter(|(_, is_needed)| *is_needed);
        needed.map(|(name, _)| name).collect()
    }

    /// Returns the needs as the manifest names them.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(state) = &self.state {
            let lists = [("reads", &state.read), ("writes", &state.write)];
            let lists = lists.into_iter().filter(|(_, kinds)| !kinds.is_empty());
            let lists = lists.map(|(verb, kinds)| format!("{verb} {}", kinds.join(" ")));
            names.push(format!("state ({})", lists.collect::<Vec<_>>().join("; ")));
        }
        for (name, is_needed) in [
            ("bus", self.bus),
            ("github-read", self.github_read),
            ("github-write", self.github_write),
            ("model", self.model),
            ("policy", self.policy),
            ("clock", self.clock),
            ("entropy", self.entropy),
        ] {
            if is_needed {
                names.push(name.to_owned());
            }
        }
        names.extend(self.secrets.keys().map(|name| format!("`{name}`")));
        names
    }
}
