//! Markdown as plain text with styles, as GitHub shows it.

use super::layout::Span;
use super::style::{CODE, QUIET, TITLE, WARN, severity};
use anstyle::Style;
use pulldown_cmark::{BlockQuoteKind, Event, Options, Parser, Tag, TagEnd};

/// Block of a text: a heading, a paragraph, an item of a list or a line of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Text before the first line, such as the mark of an item. Empty if there is none.
    pub(super) mark: String,
    /// Columns before the mark.
    pub(super) indent: usize,
    pub(super) spans: Vec<Span>,
    /// `true` if GitHub shows it only after a click on its section.
    pub(super) is_folded: bool,
}

/// Kind of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Heading,
    Text,
    Item,
    Code,
    /// Title of a section that opens with a click.
    Section,
}

impl Block {
    /// Returns the text without styles.
    pub(super) fn text(&self) -> String {
        let text: String = self.spans.iter().map(|span| span.text.as_str()).collect();
        text.trim().to_owned()
    }
}

/// Reads Markdown in GitHub's dialect. Omits HTML comments and tags.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let options = Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(markdown, options) {
        reader.read(event);
    }
    reader.end_block(BlockKind::Text);
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// Spans of the current block.
    spans: Vec<Span>,
    styles: Vec<Style>,
    /// Index of the first span of the current bold text.
    bold: usize,
    /// Numbers of the next items; `None` for lists without numbers.
    lists: Vec<Option<u64>>,
    mark: String,
    quotes: usize,
    is_code: bool,
    /// Address of the current link.
    link: Option<String>,
    /// Open `<details>`.
    sections: usize,
    is_title: bool,
    html: String,
}

impl Reader {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.is_code => {
                for line in text.lines() {
                    self.push(line, CODE);
                    self.end_block(BlockKind::Code);
                }
            }
            Event::Text(text) => self.push(&text, self.style()),
            Event::Code(text) => self.push(&text, CODE),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.push(&text, CODE),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => self.html(&html),
            Event::FootnoteReference(name) => self.push(&name, self.style()),
            Event::SoftBreak => self.push(" ", self.style()),
            Event::HardBreak => self.push("\n", self.style()),
            Event::Rule => {
                self.push("———", QUIET);
                self.end_block(BlockKind::Text);
            }
            Event::TaskListMarker(is_done) => {
                self.push(if is_done { "[x] " } else { "[ ] " }, self.style());
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.styles.push(TITLE),
            Tag::Strong => {
                self.bold = self.spans.len();
                self.styles.push(self.style().bold());
            }
            Tag::Emphasis => self.styles.push(self.style().italic()),
            Tag::Strikethrough => self.styles.push(self.style().strikethrough()),
            Tag::List(first) => {
                self.end_block(BlockKind::Item);
                self.lists.push(first);
            }
            Tag::Item => {
                self.mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number += 1;
                        mark
                    }
                    Some(None) | None => "• ".to_owned(),
                };
            }
            Tag::BlockQuote(kind) => {
                self.quotes += 1;
                if let Some(kind) = kind {
                    self.push(alert(kind), WARN);
                    self.push(" ", Style::new());
                }
            }
            Tag::CodeBlock(_) => {
                self.end_block(BlockKind::Text);
                self.is_code = true;
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link = Some(dest_url.into_string());
            }
            Tag::Paragraph
            | Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.styles.pop();
                self.end_block(BlockKind::Heading);
            }
            TagEnd::Paragraph if self.lists.is_empty() => self.end_block(BlockKind::Text),
            TagEnd::Paragraph | TagEnd::Item => self.end_block(BlockKind::Item),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Strong => {
                self.styles.pop();
                self.colour_severity();
            }
            TagEnd::Emphasis | TagEnd::Strikethrough => drop(self.styles.pop()),
            TagEnd::BlockQuote(_) => {
                self.end_block(BlockKind::Text);
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.is_code = false,
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.html);
                self.html(&html);
                self.end_block(BlockKind::Text);
            }
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn push(&mut self, text: &str, style: Style) {
        self.spans.push(Span::new(text, style));
    }

    /// Adds the address of a link, unless it is the text of the link.
    fn end_link(&mut self) {
        let Some(address) = self.link.take() else {
            return;
        };
        let is_shown = self.spans.last().is_some_and(|span| span.text == address);
        if !is_shown && !address.is_empty() {
            self.push(&format!(" ({address})"), QUIET);
        }
    }

    /// Colours bold text that is the name of a severity.
    fn colour_severity(&mut self) {
        let Some(bold) = self.spans.get_mut(self.bold..) else {
            return;
        };
        let name: String = bold.iter().map(|span| span.text.as_str()).collect();
        if let Some(style) = severity(&name) {
            for span in bold {
                span.style = style;
            }
        }
    }

    fn end_block(&mut self, kind: BlockKind) {
        let spans = std::mem::take(&mut self.spans);
        let is_blank = spans.iter().all(|span| span.text.trim().is_empty());
        if is_blank && kind != BlockKind::Code {
            return;
        }
        let depth = self.lists.len().saturating_sub(1) + self.quotes;
        self.blocks.push(Block {
            kind,
            mark: std::mem::take(&mut self.mark),
            indent: 2 * depth,
            spans,
            is_folded: self.sections > 0 && kind != BlockKind::Section,
        });
    }

    /// Reads the tags of sections and line breaks; omits comments and other tags.
    fn html(&mut self, html: &str) {
        let mut rest = html;
        while let Some((text, tag)) = rest.split_once('<') {
            self.push_text(text);
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (name, after) = tag.split_once('>').unwrap_or((tag, ""));
            self.tag(name.split_whitespace().next().unwrap_or_default());
            rest = after;
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(&text.replace('\n', " "), self.style());
        }
    }

    fn tag(&mut self, name: &str) {
        match name.to_ascii_lowercase().as_str() {
            "details" => {
                self.end_block(BlockKind::Text);
                self.sections += 1;
            }
            "/details" => {
                self.end_block(BlockKind::Text);
                self.sections = self.sections.saturating_sub(1);
            }
            "summary" => self.is_title = true,
            "/summary" if std::mem::take(&mut self.is_title) => {
                self.end_block(BlockKind::Section);
            }
            "sub" => self.styles.push(QUIET),
            "/sub" => drop(self.styles.pop()),
            "br" | "br/" => self.push("\n", Style::new()),
            _ => {}
        }
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note:",
        BlockQuoteKind::Tip => "Tip:",
        BlockQuoteKind::Important => "Important:",
        BlockQuoteKind::Warning => "Warning:",
        BlockQuoteKind::Caution => "Caution:",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Returns each block with its kind, indent, mark and text.
    fn shown(markdown: &str) -> String {
        let mut out = String::new();
        for block in blocks(markdown) {
            let fold = if block.is_folded { " folded" } else { "" };
            let indent = " ".repeat(block.indent);
            let _ = writeln!(
                out,
                "{:?}{fold}: {indent}{}{}",
                block.kind,
                block.mark,
                block.text()
            );
        }
        out
    }

    #[test]
    fn omits_markup() {
        let text = "<!-- marker\nof the bot -->\n### Review of `abc`\n\n**One** *two* `x < y`,\nin \
                    \\*two\\* lines. See [the docs](https://example.com).\n\n- a\n- b\n  1. \
                    c\n\n<sub>Small <b>text</b></sub> <!-- end -->\n\n```rust\nlet a;\n\nlet b;\n```\n";
        insta::assert_snapshot!(shown(text), @r"
        Heading: Review of abc
        Text: One two x < y, in *two* lines. See the docs (https://example.com).
        Item: • a
        Item: • b
        Item:   1. c
        Text: Small text
        Code: let a;
        Code: 
        Code: let b;
        ");
    }

    #[test]
    fn reads_sections_and_alerts() {
        let text = "One\n\n<details><summary>2 findings <b>open</b></summary>\n\n- `a.rs:1` **High** \
                    b\n\n</details>\n\n> [!WARNING]\n> Partial.\n\n> **Outdated**: old.\n\nTwo";
        insta::assert_snapshot!(shown(text), @r"
        Text: One
        Section: 2 findings open
        Item folded: • a.rs:1 High b
        Text:   Warning: Partial.
        Text:   Outdated: old.
        Text: Two
        ");
    }

    #[test]
    fn colours_severities() {
        let blocks = blocks("**Critical** · **bold**");
        let styles: Vec<_> = blocks[0].spans.iter().map(|span| span.style).collect();
        let critical = severity("Critical").expect("a severity");
        assert_eq!(styles, [critical, Style::new(), Style::new().bold()]);
    }
}
