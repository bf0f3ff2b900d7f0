//! What the security specialist looks for.
