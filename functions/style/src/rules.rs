//! What the style specialist looks for.
