//! The operators on texts and addresses.

use super::check_field;

#[test]
fn prefix_and_suffix_match_texts() {
    check_field(&[
        ("a beginning", r#"[{"prefix": "ab"}]"#, r#""abc""#, true),
        (
            "the whole is a beginning",
            r#"[{"prefix": "ab"}]"#,
            r#""ab""#,
            true,
        ),
        (
            "not the beginning",
            r#"[{"prefix": "b"}]"#,
            r#""ab""#,
            false,
        ),
        ("case counts", r#"[{"prefix": "A"}]"#, r#""ab""#, false),
        (
            "nothing begins every text",
            r#"[{"prefix": ""}]"#,
            r#""""#,
            true,
        ),
        (
            "nothing begins no number",
            r#"[{"prefix": ""}]"#,
            "1",
            false,
        ),
        (
            "numbers have no beginning",
            r#"[{"prefix": "1"}]"#,
            "12",
            false,
        ),
        (
            "ignoring case",
            r#"[{"prefix": {"equals-ignore-case": "ÉA"}}]"#,
            r#""éab""#,
            true,
        ),
        (
            "ignoring nothing else",
            r#"[{"prefix": {"equals-ignore-case": "ea"}}]"#,
            r#""éa""#,
            false,
        ),
        ("an end", r#"[{"suffix": ".png"}]"#, r#""a.png""#, true),
        (
            "not the end",
            r#"[{"suffix": ".png"}]"#,
            r#""a.png.txt""#,
            false,
        ),
        (
            "case counts at the end",
            r#"[{"suffix": ".png"}]"#,
            r#""a.PNG""#,
            false,
        ),
        (
            "nothing ends every text",
            r#"[{"suffix": ""}]"#,
            r#""a""#,
            true,
        ),
        ("null has no end", r#"[{"suffix": ""}]"#, "null", false),
        (
            "an end ignoring case",
            r#"[{"suffix": {"equals-ignore-case": ".png"}}]"#,
            r#""a.PnG""#,
            true,
        ),
        (
            "an end of bytes is no end",
            r#"[{"suffix": "©"}]"#,
            r#""é""#,
            false,
        ),
    ]);
}

#[test]
fn equals_ignore_case_folds_each_character() {
    check_field(&[
        (
            "ASCII",
            r#"[{"equals-ignore-case": "Running"}]"#,
            r#""rUNNING""#,
            true,
        ),
        (
            "beyond ASCII",
            r#"[{"equals-ignore-case": "É"}]"#,
            r#""é""#,
            true,
        ),
        (
            "no normalisation",
            r#"[{"equals-ignore-case": "é"}]"#,
            r#""E\u0301""#,
            false,
        ),
        (
            "only the whole text",
            r#"[{"equals-ignore-case": "run"}]"#,
            r#""running""#,
            false,
        ),
        (
            "the empty text",
            r#"[{"equals-ignore-case": ""}]"#,
            r#""""#,
            true,
        ),
        (
            "true is no text",
            r#"[{"equals-ignore-case": "TRUE"}]"#,
            "true",
            false,
        ),
    ]);
}

#[test]
fn wildcard_star_matches_any_characters() {
    check_field(&[
        (
            "a star takes dots",
            r#"[{"wildcard": "forge.*.asked"}]"#,
            r#""forge.a.b.asked""#,
            true,
        ),
        (
            "a star takes nothing too",
            r#"[{"wildcard": "a*b"}]"#,
            r#""ab""#,
            true,
        ),
        (
            "several stars",
            r#"[{"wildcard": "*/dir/*"}]"#,
            r#""a/dir/b""#,
            true,
        ),
        (
            "the end counts",
            r#"[{"wildcard": "*.rs"}]"#,
            r#""a.rs.bak""#,
            false,
        ),
        (
            "without a star it is the text",
            r#"[{"wildcard": "a"}]"#,
            r#""a""#,
            true,
        ),
        (
            "nothing is only nothing",
            r#"[{"wildcard": ""}]"#,
            r#""a""#,
            false,
        ),
        ("case counts", r#"[{"wildcard": "A*"}]"#, r#""ab""#, false),
        (
            "an escaped star",
            r#"[{"wildcard": "a\\*b"}]"#,
            r#""a*b""#,
            true,
        ),
        (
            "an escaped star takes nothing else",
            r#"[{"wildcard": "a\\*b"}]"#,
            r#""axb""#,
            false,
        ),
        (
            "an escaped backslash",
            r#"[{"wildcard": "a\\\\*"}]"#,
            r#""a\\b""#,
            true,
        ),
        (
            "a star takes no number",
            r#"[{"wildcard": "*"}]"#,
            "1",
            false,
        ),
    ]);
}

#[test]
fn cidr_matches_an_address_range() {
    check_field(&[
        (
            "inside",
            r#"[{"cidr": "10.0.0.0/24"}]"#,
            r#""10.0.0.255""#,
            true,
        ),
        (
            "outside",
            r#"[{"cidr": "10.0.0.0/24"}]"#,
            r#""10.0.1.0""#,
            false,
        ),
        (
            "no address",
            r#"[{"cidr": "10.0.0.0/24"}]"#,
            r#""10.0.0.256""#,
            false,
        ),
        ("no text", r#"[{"cidr": "10.0.0.0/24"}]"#, "10", false),
        (
            "IPv6",
            r#"[{"cidr": "2001:db8::/32"}]"#,
            r#""2001:0DB8:0:0:0:0:0:1""#,
            true,
        ),
        (
            "IPv6, outside",
            r#"[{"cidr": "2001:db8::/32"}]"#,
            r#""2001:db9::1""#,
            false,
        ),
        (
            "an unaligned base is taken",
            r#"[{"cidr": "10.0.0.9/24"}]"#,
            r#""10.0.0.200""#,
            true,
        ),
        (
            "and is where the range begins",
            r#"[{"cidr": "10.0.0.9/24"}]"#,
            r#""10.0.0.8""#,
            false,
        ),
    ]);
}
