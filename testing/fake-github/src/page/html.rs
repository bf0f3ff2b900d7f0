//! HTML from constants and escaped texts.

use super::markdown;
use axum::response;
use std::fmt::{Display, Write};

/// HTML text. Only constants are added unchanged; all other texts are escaped.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Adds the text, escaped for an element and for a quoted attribute.
    pub(super) fn text(&mut self, text: impl Display) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(Escape(&mut self.0), "{text}");
        self
    }

    /// Adds the Markdown text. HTML in it becomes text.
    pub(super) fn markdown(&mut self, text: &str) -> &mut Self {
        self.raw("<div class=\"markdown\">");
        markdown::push(&mut self.0, text);
        self.raw("</div>")
    }

    /// Returns the page with this body. The browser reloads it.
    pub(super) fn into_page(self, title: &str) -> response::Html<String> {
        let mut page = Self::default();
        page.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.raw("<meta name=\"viewport\" content=\"width=device-width\">");
        page.raw("<meta http-equiv=\"refresh\" content=\"3\">");
        page.raw("<link rel=\"stylesheet\" href=\"/style.css\"><title>");
        page.text(title).raw("</title></head><body>");
        page.0.push_str(&self.0);
        page.raw("</body></html>\n");
        response::Html(page.0)
    }
}

/// Writer that escapes.
struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}
