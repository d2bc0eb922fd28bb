//! The text of an Nginx configuration as Nginx reads it: words, and directives that end with `;` or hold a block.
//!
//! After `ngx_conf_read_token` in
//! <https://github.com/nginx/nginx/blob/master/src/core/ngx_conf_file.c>: a quote, a comment or a `}` means something only
//! where a word starts, `${` is no brace, and a backslash keeps the next letter from meaning anything.

use std::str::Chars;
use std::sync::Arc;

use crate::base::source::{Source, Span};

/// A word, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it means.
    pub text: String,
    /// Where it stands; its first line, if it has several.
    pub span: Span,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

/// A directive: its name, its arguments, and the block of one that has no `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What it is called.
    pub name: Word,
    /// What stands behind the name.
    pub args: Vec<Word>,
    /// What stands between its braces.
    pub block: Option<Vec<Directive>>,
}

impl Directive {
    /// Whether it is called so.
    pub fn is(&self, name: &str) -> bool {
        self.name.text == name
    }

    /// The directives in its block.
    pub fn inside(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Those in its block that are called so.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &Directive> {
        self.inside().iter().filter(move |directive| directive.is(name))
    }
}

/// A comment without its `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether nothing stands before it on its line.
    pub alone: bool,
}

/// A whole text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// What it says outside all braces.
    pub directives: Vec<Directive>,
    /// In their order.
    pub comments: Vec<Comment>,
}

/// Why a text cannot be read, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The place.
    pub at: Span,
    /// What is wrong there.
    pub why: &'static str,
}

/// Reads a text whole.
///
/// # Errors
/// The first place that Nginx could not read.
pub fn parse(source: &Arc<Source>) -> Result<Text, Mistake> {
    let mut reader = Reader { source, rest: source.text.chars(), line: 1, column: 1, comments: Vec::new() };
    let directives = reader.block(None)?;
    Ok(Text { directives, comments: reader.comments })
}

enum Token {
    Word(Word),
    End(Span),
    Open(Span),
    Close(Span),
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    rest: Chars<'s>,
    line: usize,
    column: usize,
    comments: Vec<Comment>,
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

impl Reader<'_> {
    /// The directives up to the brace that closes what `open` opened, or up to the end.
    fn block(&mut self, open: Option<Span>) -> Result<Vec<Directive>, Mistake> {
        let (mut all, mut words) = (Vec::new(), Vec::new());
        let wrong = |at: Span, why| Err(Mistake { at, why });
        loop {
            let end = match self.token()? {
                Some(Token::Word(word)) => {
                    words.push(word);
                    continue;
                }
                end => end,
            };
            let (Some(name), Some(last)) = (words.first(), words.last()) else {
                return match (end, open) {
                    (Some(Token::Close(_)), Some(_)) | (None, None) => Ok(all),
                    (Some(Token::Close(at)), None) => wrong(at, "it closes a `}` that it does not open"),
                    (None, Some(at)) => wrong(at, "a `{` is not closed"),
                    (Some(Token::Word(Word { span: at, .. }) | Token::End(at) | Token::Open(at)), _) => {
                        wrong(at, "nothing stands before it")
                    }
                };
            };
            let block = match end {
                Some(Token::End(_)) => None,
                Some(Token::Open(at)) if name.text.ends_with("_by_lua_block") => Some(self.lua(at)?),
                Some(Token::Open(at)) => Some(self.block(Some(at))?),
                _ => return wrong(last.span.clone(), "a `;` is missing behind it"),
            };
            let mut words = std::mem::take(&mut words).into_iter();
            all.extend(words.next().map(|name| Directive { name, args: words.collect(), block }));
        }
    }

    /// Leaves out a block in a language of its own.
    fn lua(&mut self, open: Span) -> Result<Vec<Directive>, Mistake> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.step() {
                Some('{') => depth += 1,
                Some('}') => depth -= 1,
                Some(_) => {}
                None => return Err(Mistake { at: open, why: "a `{` is not closed" }),
            }
        }
        Ok(Vec::new())
    }

    fn step(&mut self) -> Option<char> {
        let letter = self.rest.next()?;
        (self.line, self.column) =
            if letter == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        Some(letter)
    }

    fn next(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn token(&mut self) -> Result<Option<Token>, Mistake> {
        loop {
            let mut at = Span::new(self.source, self.line, self.column, 1);
            let before = self.rest.as_str();
            match self.step() {
                None => return Ok(None),
                Some(letter) if is_blank(letter) => {}
                Some('#') => self.comment(at),
                Some(';') => return Ok(Some(Token::End(at))),
                Some('{') => return Ok(Some(Token::Open(at))),
                Some('}') => return Ok(Some(Token::Close(at))),
                Some(letter) => {
                    let quoted = letter == '"' || letter == '\'';
                    let text = if quoted { self.quoted(letter, &at)? } else { self.bare(letter) };
                    let written = &before[..before.len() - self.rest.as_str().len()];
                    at.length = written.lines().next().map_or(1, |line| line.chars().count());
                    return Ok(Some(Token::Word(Word { text, span: at, quoted })));
                }
            }
        }
    }

    fn comment(&mut self, mut at: Span) {
        let mut text = String::new();
        while self.next().is_some_and(|letter| letter != '\n') {
            text.extend(self.step());
        }
        at.length = 1 + text.chars().count();
        let alone = self.source.line(at.line).trim_start().starts_with('#');
        self.comments.push(Comment { text, span: at, alone });
    }

    /// The rest of a word that starts with `letter`.
    fn bare(&mut self, mut letter: char) -> String {
        let mut text = String::new();
        loop {
            let variable = letter == '$';
            if letter == '\\' {
                self.escaped(&mut text)
            } else {
                text.push(letter)
            }
            match self.next() {
                Some('{') if variable => {}
                None | Some(';' | '{') => return text,
                Some(next) if is_blank(next) => return text,
                Some(_) => {}
            }
            let Some(next) = self.step() else { return text };
            letter = next;
        }
    }

    /// The rest of a word in quotes.
    fn quoted(&mut self, quote: char, at: &Span) -> Result<String, Mistake> {
        let mut text = String::new();
        loop {
            match self.step() {
                None => return Err(Mistake { at: at.clone(), why: "a quote is not closed" }),
                Some('\\') => self.escaped(&mut text),
                Some(letter) if letter == quote => break,
                Some(letter) => text.push(letter),
            }
        }
        match self.next() {
            Some(letter) if !is_blank(letter) && !";{)".contains(letter) => {
                let at = Span::new(self.source, self.line, self.column, 1);
                Err(Mistake { at, why: "nothing may stand directly behind a closing quote" })
            }
            _ => Ok(text),
        }
    }

    /// What a backslash and the next letter mean.
    fn escaped(&mut self, text: &mut String) {
        match self.step() {
            Some(letter @ ('"' | '\'' | '\\')) => text.push(letter),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('n') => text.push('\n'),
            Some(letter) => text.extend(['\\', letter]),
            None => text.push('\\'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directive a line, its words between bars, blocks in braces.
    fn shown(directives: &[Directive]) -> String {
        let one = |directive: &Directive| {
            let words = [&directive.name].into_iter().chain(&directive.args);
            let words: Vec<_> = words.map(|word| word.text.clone()).collect();
            let block =
                directive.block.as_ref().map_or(String::new(), |block| format!("{{{}}}", shown(block)));
            words.join("|") + &block + ";"
        };
        directives.iter().map(one).collect()
    }

    fn read(text: &str) -> Result<String, String> {
        let source = Source::new("x", text);
        match parse(&source) {
            Ok(text) => Ok(shown(&text.directives)),
            Err(mistake) => Err(format!("{:?}: {}", mistake.at, mistake.why)),
        }
    }

    #[test]
    fn words_are_read_as_nginx_reads_them() {
        for (text, wanted) in [
            ("", ""),
            ("# { only a comment", ""),
            ("listen 80;\r\nlisten 81;", "listen|80;listen|81;"),
            ("location = /x{ return 204; }", "location|=|/x{return|204;};"),
            ("return 200 \"a } b\"; # }", "return|200|a } b;"),
            ("set $a '{'; set $b \"${a}\"; set $c ${a}x;", "set|$a|{;set|$b|${a};set|$c|${a}x;"),
            ("if ($uri ~ \\}) { return 404; }", "if|($uri|~|\\}){return|404;};"),
            ("set $a a\"b'c#d}e;", "set|$a|a\"b'c#d}e;"),
            ("set $a b\\;c \"\\\"\\t\\d\";", "set|$a|b\\;c|\"\t\\d;"),
            ("if ($a = \"b\") { }", "if|($a|=|b|){};"),
            ("content_by_lua_block { if a then b = {\"c\"} end } x;", "content_by_lua_block{};x;"),
        ] {
            assert_eq!(read(text), Ok(wanted.to_string()), "{text}");
        }
    }

    #[test]
    fn what_nginx_could_not_read_is_told_with_its_place() {
        for (text, wanted) in [
            ("location / {", "x:1:12+1: a `{` is not closed"),
            ("location ~ ^/a{2}b;", "x:1:15+1: a `{` is not closed"),
            ("}\nserver {", "x:1:1+1: it closes a `}` that it does not open"),
            ("return 200 \"x;", "x:1:12+1: a quote is not closed"),
            ("return 200 'a''b';", "x:1:15+1: nothing may stand directly behind a closing quote"),
            ("gzip on;\nallow all", "x:2:7+3: a `;` is missing behind it"),
            ("location / { allow all }", "x:1:20+3: a `;` is missing behind it"),
            ("gzip on;;", "x:1:9+1: nothing stands before it"),
            ("{ }", "x:1:1+1: nothing stands before it"),
        ] {
            assert_eq!(read(text), Err(wanted.to_string()), "{text}");
        }
    }
}
