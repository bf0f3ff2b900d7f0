//! Command line and server of `github-bot`: every function in one process.

pub mod cli;
mod git;
pub mod pull_request;
pub mod review;
pub mod serve;
pub mod simulated_github;
