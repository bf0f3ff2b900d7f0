//! Renders Markdown as HTML without any HTML of the text itself.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Adds the rendered Markdown to `out`. HTML becomes text, except comments, which GitHub does not
/// show either. An image becomes its alternative text, and a link to anything but the web leads
/// nowhere.
pub(super) fn push(out: &mut String, text: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    html::push_html(out, Parser::new_ext(text, options).filter_map(safe));
}

fn safe(event: Event<'_>) -> Option<Event<'_>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) if is_comment(&text) => None,
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // On GitHub, a line break in a comment is a line break on the page.
        Event::SoftBreak => Some(Event::HardBreak),
        Event::Start(tag) => Some(Event::Start(safe_tag(tag))),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::End(TagEnd::Image) => Some(Event::End(TagEnd::Emphasis)),
        Event::End(_)
        | Event::Text(_)
        | Event::Code(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::HardBreak
        | Event::Rule
        | Event::TaskListMarker(_) => Some(event),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other tags stay")]
fn safe_tag(tag: Tag<'_>) -> Tag<'_> {
    match tag {
        Tag::HtmlBlock => Tag::Paragraph,
        Tag::Image { .. } => Tag::Emphasis,
        Tag::Link {
            dest_url, title, ..
        } => Tag::Link {
            // The address of `Email` would get a `mailto:` scheme.
            link_type: LinkType::Inline,
            dest_url: safe_url(dest_url),
            title,
            id: CowStr::Borrowed(""),
        },
        other => other,
    }
}

fn safe_url(url: CowStr<'_>) -> CowStr<'_> {
    let is_safe = ["https://", "http://", "#"]
        .iter()
        .any(|start| url.starts_with(start));
    if is_safe { url } else { CowStr::Borrowed("#") }
}

/// Returns true if the text is one comment and nothing else.
fn is_comment(text: &str) -> bool {
    let text = text.trim();
    let inner = text.strip_prefix("<!--");
    let inner = inner.and_then(|inner| inner.strip_suffix("-->"));
    inner.is_some_and(|inner| !inner.contains("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut out = String::new();
        push(&mut out, text);
        out
    }

    #[test]
    fn html_stays_text() {
        for (why, text) in [
            ("a block", "<script>alert(1)</script>\n"),
            ("inline", "a <img src=x onerror=alert(1)> b"),
            (
                "a block on several lines",
                "<div\nonclick=alert(1)>\nx\n</div>",
            ),
            ("after a comment", "<!-- a --><script>alert(1)</script>"),
            (
                "between comments",
                "<!-- a --><script>alert(1)</script><!-- b -->",
            ),
            ("in code", "`<script>`"),
            ("in a block of code", "```\n<script>\n```"),
            ("in the language of code", "```\"><script>\nx\n```"),
            ("in a table", "| a |\n|---|\n| <script>x</script> |"),
            ("in a heading", "# <script>x</script>"),
            (
                "in an alternative text",
                "![<script>x</script>](https://example.com/x.png)",
            ),
            (
                "in the title of a link",
                "[x](https://example.com \"\\\"><script>x</script>\")",
            ),
            ("in an address", "[x](<https://example.com/\"><script>>)"),
            ("entities", "&lt;script&gt;"),
        ] {
            let html = rendered(text);
            for tag in ["<script", "<img", "<div", "<svg", "<iframe"] {
                assert!(!html.contains(tag), "{why}: {html}");
            }
        }
    }

    #[test]
    fn links_lead_to_the_web_only() {
        for (text, url) in [
            (
                "[x](https://example.com/a?b=c&d)",
                "https://example.com/a?b=c&amp;d",
            ),
            ("<https://example.com>", "https://example.com"),
            ("[x](javascript:alert(1))", "#"),
            ("[x](JaVaScRiPt:alert(1))", "#"),
            ("[x](&#106;avascript:alert(1))", "#"),
            ("<javascript:alert(1)>", "#"),
            ("[x](data:text/html,x)", "#"),
            ("[x](//example.com)", "#"),
            ("<ann@example.com>", "#"),
        ] {
            let html = rendered(text);
            assert!(html.contains(&format!("href=\"{url}\"")), "{text}: {html}");
        }
    }

    #[test]
    fn markdown_is_rendered() {
        insta::assert_snapshot!(
            rendered("<!-- marker -->\n### Review\n\n**High** `x`\nnext <sub>small</sub>\n\n- one\n"),
            @"
        <p></p>
        <h3>Review</h3>
        <p><strong>High</strong> <code>x</code><br />
        next &lt;sub&gt;small&lt;/sub&gt;</p>
        <ul>
        <li>one</li>
        </ul>
        "
        );
    }
}
