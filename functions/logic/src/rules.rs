//! What the logic specialist looks for.
