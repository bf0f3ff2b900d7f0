//! Property: a CommonMark reader shows user text as words and code spans, and nothing else.

use super::*;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Returns random text of signs that Markdown and GitHub interpret, and of words.
fn text() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(vec![
        "`", "``", "```", "[", "]", "(", ")", "![", "](", "@", "#", "#1", "<", ">", "/", "</",
        "\n", "\\", "*", "**", "_", "__", "~~", "|", "-", "- ", "---", "1.", "=", "+ ", "&",
        "&lt;", "$", "!", ":", "://", "www.", "GH-1", "gh-", "a", "b1", " ", "    ", "\t", "http",
        "é",
    ]);
    prop::collection::vec(signs, 0..24).prop_map(|words| words.concat())
}

/// Returns the visible text without spaces, with and without code. Returns an error for any other
/// element.
fn read(markdown: &str) -> Result<(String, String), String> {
    let (mut all, mut words) = (String::new(), String::new());
    let options = Options::ENABLE_GFM
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    for event in Parser::new_ext(markdown, options) {
        let is_paragraph = matches!(
            event,
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
        );
        if let Event::Code(code) = &event {
            all += code;
            words.push(' '); // code separates the text around it
        } else if let Event::Text(text) = &event {
            all += text;
            words += text;
        } else if !is_paragraph {
            return Err(format!("{event:?}"));
        }
    }
    Ok((bare(&all), words))
}

/// Returns the letters, without characters that escaping may add or remove.
fn bare(text: &str) -> String {
    let keeps = |c: &char| !c.is_whitespace() && *c != '`' && *c != '\u{200d}';
    text.chars().filter(keeps).collect()
}

/// Returns the reference that GitHub detects in text outside Markdown, if there is one.
fn refers(words: &str) -> Option<&'static str> {
    let chars: Vec<char> = words.to_lowercase().chars().collect();
    let is_name = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric());
    let begins = |at: usize, with: &str| {
        let mut there = chars.iter().skip(at);
        with.chars().all(|c| there.next() == Some(&c))
    };
    (0..chars.len()).find_map(|at| match chars.get(at) {
        Some('@') if is_name(at + 1) => Some("a mention"),
        Some('#') if is_name(at + 1) => Some("a reference"),
        Some('g') if (at == 0 || !is_name(at - 1)) && begins(at, "gh-") && is_name(at + 3) => {
            Some("a reference by GH-")
        }
        Some(':') if begins(at, "://") => Some("an address"),
        Some('w') if begins(at, "www.") => Some("an address by www"),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn words_are_read_as_words(text in text()) {
        let shown = plain(&text);
        let (all, words) = read(&shown).map_err(|found| {
            TestCaseError::fail(format!("{found} in {shown:?}"))
        })?;
        prop_assert_eq!(all, bare(&text), "of {:?}", shown);
        prop_assert_eq!(refers(&words), None, "{:?}", shown);
    }

    #[test]
    fn code_is_read_as_code(text in text()) {
        let (around, shown) = (format!("a {} b", code(&text)), code(&text));
        let (all, words) = read(&around).map_err(|found| {
            TestCaseError::fail(format!("{found} in {shown:?}"))
        })?;
        prop_assert_eq!(all, bare(&format!("a{text}b")), "of {:?}", shown);
        prop_assert_eq!(bare(&words), "ab", "{:?}", shown);
    }
}

#[test]
fn reader_detects_markup_and_references() {
    for (why, markdown) in [
        ("an image", "![x](u)"),
        ("a link", "[x](u)"),
        ("HTML", "a <b>c"),
        ("emphasis", "a *b* c"),
        ("a heading", "# a"),
        ("a list", "- a"),
        ("struck out", "~~a~~"),
        ("a formula", "$a$"),
    ] {
        assert!(read(markdown).is_err(), "{why}");
    }
    for (why, words) in [
        ("a mention", "ask @octocat"),
        ("a reference", "octo/widgets#1"),
        ("an old reference", "see GH-1"),
        ("an address", "http://x"),
        ("an address by its name", "www.x.y"),
    ] {
        assert!(refers(words).is_some(), "{why}");
    }
}

#[test]
fn escapes_words() {
    for (why, text, shown) in [
        ("an image behind empty code", "```![x](u)```", "`![x](u)`"),
        ("code", "a `b` c", "a `b` c"),
        ("code beside code", "`a``b`", "`a` `b`"),
        ("a reference", "#1", "\\#\u{200d}1"),
        ("an old reference", "gh-1", "gh-\u{200d}1"),
        ("a word that ends so", "high-1", "high-1"),
        ("a list", "- a - b", "\\- a - b"),
        ("a number", "12. a", "12\\. a"),
        ("a lone backtick", "a ` b", "a \\` b"),
    ] {
        assert_eq!(plain(text), shown, "{why}");
    }
}
