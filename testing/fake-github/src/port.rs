//! In-process client of the world, without HTTP. It implements the ports of
//! [`github::port`].

use crate::World;
use crate::answer::Failure;
use async_trait::async_trait;
use github::port::{GitHubError, WhoAmI};

/// Direct access to the world.
#[derive(Debug, Clone)]
pub struct ProcessGitHub {
    pub(crate) world: World,
}

impl World {
    /// Returns GitHub's in-process implementation of the ports of [`github::port`].
    pub fn github(&self) -> ProcessGitHub {
        ProcessGitHub {
            world: self.clone(),
        }
    }
}

impl ProcessGitHub {
    pub(crate) fn error(&self, call: String, failure: Failure) -> GitHubError {
        match failure {
            Failure::Refused(refusal) => refusal.into_error(call, self.world.clock().now()),
            Failure::Cut => GitHubError::Unavailable {
                call,
                reason: "the connection was cut".to_owned(),
            },
        }
    }
}

#[async_trait]
impl WhoAmI for ProcessGitHub {
    async fn login(&self) -> Result<Option<String>, GitHubError> {
        Ok(Some(self.world.bot()))
    }
}
