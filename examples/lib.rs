//! Uses of the framework: each file of this folder is one example.
