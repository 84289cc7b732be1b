//! A reader of CEF, after the Implementation Standard: a header of seven fields, each ended by a
//! pipe without a backslash before it; then pairs, parted by a blank, where a value goes on until
//! a blank, a key and an `=` without a backslash.

use super::Pairs;

pub(crate) fn parse(line: &str) -> Pairs {
    let (header, extension) = header(line);
    assert_eq!(
        header[..4],
        ["CEF:0", "Microsoft", "Microsoft Defender ATP", "2.0"]
    );
    assert!((0..=10).contains(&header[6].parse().unwrap()));
    assert!(header.iter().all(|field| !field.trim().is_empty()));
    let names = ["deviceEventClassId", "name", "severity"].map(str::to_owned);
    let mut pairs: Pairs = names.into_iter().zip(header[4..].iter().cloned()).collect();
    let mut rest = extension;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').unwrap();
        assert!(key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
        let end = unescaped(after, b'=').map_or(after.len(), |equals| {
            // The blank before the next key.
            after[..equals].rfind(' ').unwrap()
        });
        pairs.push((key.to_owned(), unescape(&after[..end], &['\\', '='])));
        rest = after[end..].strip_prefix(' ').unwrap_or_default();
    }
    pairs
}

fn header(line: &str) -> (Vec<String>, &str) {
    let mut rest = line;
    let fields = (0..7).map(|_| {
        let end = unescaped(rest, b'|').unwrap();
        let field = unescape(&rest[..end], &['\\', '|']);
        rest = &rest[end + 1..];
        field
    });
    let fields = fields.collect();
    (fields, rest)
}

/// Where the byte first stands that no backslash escapes.
fn unescaped(text: &str, byte: u8) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let found = b == byte && !escaped;
        escaped = b == b'\\' && !escaped;
        found
    })
}

fn unescape(text: &str, may_be_escaped: &[char]) -> String {
    let mut chars = text.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                c => {
                    assert!(may_be_escaped.contains(&c), "\\{c}");
                    c
                }
            },
            c => c,
        });
    }
    plain
}

#[test]
fn the_reader_undoes_each_escape() {
    let line = r"CEF:0|Microsoft|Microsoft Defender ATP|2.0|a\|b|c\\|5|k= v\\\= |\n l=w x\=y";
    let pairs = parse(line);
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("deviceEventClassId", "a|b"),
            ("name", "c\\"),
            ("severity", "5"),
            ("k", " v\\= |\n"),
            ("l", "w x=y")
        ]
    );
}
