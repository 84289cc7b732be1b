//! The part of OData's `$filter` that the list documents: eight fields, six comparisons, `and`,
//! `or` and parentheses.

use jiff::Timestamp;

use crate::alerts::{Fields, WORD_FIELDS};

/// What an alert must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All,
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Time {
        field: TimeField,
        comparison: Comparison,
        value: Timestamp,
    },
    Text {
        field: usize,
        comparison: Comparison,
        value: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum TimeField {
    Created,
    LastUpdate,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Ge,
    Gt,
    Le,
    Lt,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("eq", Comparison::Eq),
    ("ne", Comparison::Ne),
    ("ge", Comparison::Ge),
    ("gt", Comparison::Gt),
    ("le", Comparison::Le),
    ("lt", Comparison::Lt),
];

impl Filter {
    /// Reads a filter; the error says which part is not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens };
        let filter = parser.or()?;
        match parser.tokens.first() {
            None => Ok(filter),
            Some(token) => Err(format!("unexpected {token}")),
        }
    }

    pub(crate) fn matches(&self, fields: &Fields) -> bool {
        match self {
            Self::All => true,
            Self::And(a, b) => a.matches(fields) && b.matches(fields),
            Self::Or(a, b) => a.matches(fields) || b.matches(fields),
            Self::Time {
                field,
                comparison,
                value,
            } => {
                let time = match field {
                    TimeField::Created => fields.created,
                    TimeField::LastUpdate => fields.last_update,
                };
                time.is_some_and(|time| comparison.holds(&time, value))
            }
            Self::Text {
                field,
                comparison,
                value,
            } => comparison.holds(&fields.words[*field].as_str(), &value.as_str()),
        }
    }
}

impl Comparison {
    fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Ge => a >= b,
            Self::Gt => a > b,
            Self::Le => a <= b,
            Self::Lt => a < b,
        }
    }
}

struct Parser<'t> {
    tokens: &'t [String],
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Filter, String> {
        let mut left = self.and()?;
        while self.takes("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut left = self.term()?;
        while self.takes("and") {
            left = Filter::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Filter, String> {
        if self.takes("(") {
            let inner = self.or()?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err("a parenthesis is open".into())
            };
        }
        let [name, operator, value, rest @ ..] = self.tokens else {
            return Err("a comparison is incomplete".into());
        };
        self.tokens = rest;
        let comparison = COMPARISONS.iter().find(|(word, _)| word == operator);
        let comparison = comparison
            .map(|(_, c)| *c)
            .ok_or_else(|| format!("no operator {operator}"))?;
        let time = match name.as_str() {
            "createdDateTime" => Some(TimeField::Created),
            "lastUpdateDateTime" => Some(TimeField::LastUpdate),
            _ => None,
        };
        if let Some(field) = time {
            let value = value
                .parse()
                .map_err(|_| format!("{value} is not a time"))?;
            return Ok(Filter::Time {
                field,
                comparison,
                value,
            });
        }
        let field = WORD_FIELDS.iter().position(|field| field == name);
        let field = field.ok_or_else(|| format!("{name} cannot be filtered"))?;
        let value = value
            .strip_prefix('\'')
            .ok_or_else(|| format!("{value} is not quoted"))?;
        Ok(Filter::Text {
            field,
            comparison,
            value: value.to_owned(),
        })
    }

    fn takes(&mut self, token: &str) -> bool {
        let takes = self.tokens.first().is_some_and(|first| first == token);
        if takes {
            self.tokens = &self.tokens[1..];
        }
        takes
    }
}

/// Words, parentheses, and quoted strings: these with their opening quote, their inner ones undone.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '\'' => {
                let mut value = String::from("'");
                let mut chars = rest.char_indices().skip(1).peekable();
                loop {
                    match chars.next() {
                        None => return Err("a quote is open".into()),
                        Some((_, '\'')) if chars.peek().is_some_and(|(_, c)| *c == '\'') => {
                            chars.next();
                            value.push('\'');
                        }
                        Some((at, '\'')) => {
                            tokens.push(value);
                            rest = rest[at + 1..].trim_start();
                            break;
                        }
                        Some((_, c)) => value.push(c),
                    }
                }
                continue;
            }
            _ => rest.find([' ', '(', ')']).unwrap_or(rest.len()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(update: &str, source: &str) -> Fields {
        let mut fields = Fields {
            last_update: update.parse().ok(),
            ..Fields::default()
        };
        fields.words[4] = source.into();
        fields
    }

    #[test]
    fn a_window_of_one_product() {
        let filter = Filter::parse(
            "lastUpdateDateTime ge 2026-01-01T00:00:00Z and lastUpdateDateTime lt \
             2026-01-02T00:00:00.0000000Z and (serviceSource eq 'a' or serviceSource eq 'it''s')",
        )
        .unwrap();
        assert!(filter.matches(&fields("2026-01-01T00:00:00Z", "a")));
        assert!(filter.matches(&fields("2026-01-01T23:59:59.9999999Z", "it's")));
        assert!(!filter.matches(&fields("2026-01-02T00:00:00Z", "a")));
        assert!(!filter.matches(&fields("2026-01-01T12:00:00Z", "b")));
    }

    #[test]
    fn what_is_not_documented_is_refused() {
        for bad in [
            "investigationState eq 'running'",
            "severity has 'high'",
            "severity eq high",
            "lastUpdateDateTime ge soon",
            "(severity eq 'high'",
            "severity eq 'high",
            "severity eq",
            "severity eq 'high' severity",
        ] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }
}
