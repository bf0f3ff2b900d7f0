//! The `Link` header ("Using pagination in the REST API").

/// Returns the address marked `rel="next"`.
pub(crate) fn next(link: &str) -> Option<&str> {
    let mut rest = link;
    loop {
        let (_, entry) = rest.split_once('<')?;
        let (url, after) = entry.split_once('>')?;
        let (parameters, following) = after.split_at(after.find('<').unwrap_or(after.len()));
        let is_next = |parameter: &str| {
            let parameter = parameter.trim().trim_end_matches(',').trim_end();
            matches!(parameter, "rel=\"next\"" | "rel=next")
        };
        if parameters.split(';').any(is_next) {
            return Some(url);
        }
        rest = following;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_next_is_followed() {
        for (why, link, want) in [
            (
                "as GitHub writes it",
                r#"<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel="next", <https://a/?page=9>; rel="last""#,
                Some("https://a/?page=3"),
            ),
            ("the last page", r#"<https://a/?page=1>; rel="first""#, None),
            (
                "a comma in the address",
                r#"<https://a/?q=1,2>; rel="next""#,
                Some("https://a/?q=1,2"),
            ),
            (
                "next as a part of a word",
                r#"<https://a/>; rel="nextish""#,
                None,
            ),
            ("no brackets", "https://a/; rel=next", None),
            ("empty", "", None),
        ] {
            assert_eq!(next(link), want, "{why}");
        }
    }
}
