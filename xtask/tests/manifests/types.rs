//! Values of a wrong type, in plain words.

use crate::fixture::{GOOD, refuses};

#[test]
fn names_expected_types_in_plain_words() {
    for (old, new, expected) in [
        (
            "30",
            "\"30\"",
            "2: expected a whole number from 0, not the text \"30\"",
        ),
        ("30", "-1", "2: expected a whole number from 0, not -1"),
        ("30", "1.5", "2: expected a whole number from 0, not 1.5"),
        (
            "30",
            "[30]",
            "2: expected a whole number from 0, not a list",
        ),
        (
            "\"Counts events\"",
            "5",
            "1: expected a text in quotes, not 5",
        ),
        (
            "[\"agent.count.changed\"]",
            "\"a.b\"",
            "4: expected a list in brackets, not the text \"a.b\"",
        ),
        (
            "bus = true",
            "bus = \"yes\"",
            "12: expected true or false, not the text \"yes\"",
        ),
        (
            "bus = true",
            "state = true",
            "12: expected a table with read, write or both, not true",
        ),
        (
            "bus = true",
            "secrets = 5",
            "12: expected a table of keys and values, not 5",
        ),
        (
            "timeout = 30",
            "environment = 5",
            "2: expected a table of keys and values, not 5",
        ),
        ("invoke = \"queue\"\n", "", "6: the key `invoke` is missing"),
    ] {
        refuses(GOOD, new, old, new, expected);
    }
}
