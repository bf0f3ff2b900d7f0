//! Texts of the scaffold.

pub(super) const CARGO: &str = include_str!("../../scaffold/Cargo.toml.txt");
pub(super) const MANIFEST: &str = include_str!("../../scaffold/function.toml.txt");
pub(super) const HANDLER: &str = include_str!("../../scaffold/lib.rs.txt");
pub(super) const HANDLER_MAIN: &str = include_str!("../../scaffold/main.rs.txt");
pub(super) const SOURCE: &str = include_str!("../../scaffold/source.rs.txt");
pub(super) const SOURCE_MAIN: &str = include_str!("../../scaffold/source_main.rs.txt");
