//! The account that posts.

use super::Client;
use crate::identity::Identity;
use async_trait::async_trait;
use github::port::{GitHubError, WhoAmI};

#[async_trait]
impl WhoAmI for Client {
    async fn login(&self) -> Result<Option<String>, GitHubError> {
        match self.identity().await? {
            Identity::Login(login) => Ok(Some(login)),
            Identity::SomeBot => Ok(None),
        }
    }
}
