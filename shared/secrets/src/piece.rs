//! Pieces of documents, wherever they were cut off: by quotation marks, by brackets and names, by tags, and
//! by the dashes of PEM text.

use crate::document::{TextForm, is_name};
use crate::entra_secret::{is_new_client_secret, is_old_client_secret};

/// Quotation marks, and what stands for one: no token and no client secret that is made today has any.
const MARKS: [&str; 12] = [
    "\"", "'", "\\", "&#", "&quot;", "&apos;", "&lt;", "&gt;", "&ldquo;", "&rdquo;", "&laquo;",
    "&raquo;",
];

/// The parts of tags.
const TAGS: [&str; 2] = ["</", "]]>"];

/// The dashes around the words of PEM text, or most of them; SSH has four (RFC 4716).
const DASHES: &str = "----";

const OPEN: [char; 5] = ['{', '[', '(', '@', '<'];
const CLOSED: [char; 4] = ['}', ']', ')', '>'];

/// Whether a text is a piece of a document. What a text stands for is looked at only if all of it can be
/// read.
pub(crate) fn is_piece(text: &str, form: TextForm) -> bool {
    if form == TextForm::Whole && is_new_client_secret(text) {
        return false;
    }
    let is_readable = |c: char| !c.is_control() || c.is_ascii_whitespace();
    if form == TextForm::Encoded && !text.chars().all(is_readable) {
        return false;
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let has_any = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    form == TextForm::Encoded && !text.is_ascii()
        || has_any(&MARKS)
        || has_any(&TAGS)
        || text.contains(DASHES)
        || is_in_brackets(&text) && !(form == TextForm::Whole && is_old_client_secret(&text))
        || is_markup(&text)
}

/// Whether it is an object or a list, or an end of one, whose quotation marks were lost.
fn is_in_brackets(text: &str) -> bool {
    let unnamed = text.strip_prefix("map").unwrap_or(text);
    let opened = unnamed.trim_start_matches(OPEN);
    let is_opened = opened.len() < unnamed.len();
    let is_closed = text.ends_with(CLOSED);
    let is_list = opened.contains([',', ';']);
    let members = || opened.split([',', ';']).filter(|part| is_member(part));
    (is_opened || is_closed) && is_list
        || is_opened && name_of(opened).is_some()
        || is_closed && members().next().is_some()
        || members().count() > 1
}

/// Whether a part begins with a name that is not there by chance.
fn is_member(part: &str) -> bool {
    name_of(part).is_some_and(|name| name.len() > 1)
}

/// The name in front of a value.
fn name_of(part: &str) -> Option<&str> {
    let (name, _) = part.split_once([':', '='])?;
    (!name.is_empty() && is_name(name)).then_some(name)
}

/// Whether a tag of XML is in it.
fn is_markup(text: &str) -> bool {
    let is_tag = |rest: &str| {
        let name = rest.split_once('>').map_or("", |(name, _)| name);
        let name = name.trim_end_matches('/');
        !name.is_empty() && name.split(':').all(is_name)
    };
    text.ends_with("/>") || text.split('<').skip(1).any(is_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two client secrets as Entra makes them.
    const S: &str = "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456";
    const T: &str = "zzz8Q~aXqMVB1aCF02Lr5J.UDyGMaO~Mw8K0lbNz";

    #[test]
    fn a_document_is_known_wherever_it_was_cut() {
        for text in [
            r#"S"}]"#,
            r#"S"},{""#,
            r#"S"],["T"#,
            r#"["S"#,
            r#""S";"T""#,
            r#""S"|"T""#,
            r#"- "S""#,
            "? 'S'",
            r#"n":"S"#,
            r#"\"S\""#,
            r"\u0022contoso\u0022:\u0022S\u0022",
            r"S\u201d,\u201cT",
            "contoso&quot;:&quot;S",
            "S&#x27;,&#x27;T",
            "“contoso”:“S”",
            "S″,″T",
            "»S«",
            "S,fabrikam:T}",
            "[S,T]",
            "[S,T",
            "S,T]",
            "(S;T",
            "{uk:S,de:T",
            "uk:S,de:T",
            "uk=S;de=T",
            "{ u: S",
            "[contoso:S]",
            "map[hec:S soar:T]",
            "@{contoso=S;fab=T}",
            r#"contoso">S</secret><tenant>1111"#,
            "value='S",
            "<secret>S",
            "<t:s>S<t:s>T",
            "S<x/>T",
            "S</secret",
            "S]]><![CDATA[T",
            "&lt;secret&gt;S",
            // The end or the beginning of PEM text, and of SSH's, which has four.
            "S-----",
            "S----- ",
            "S-----E",
            "S-----END",
            "KEY-----S",
            "ERTIFICATE-----S",
            "S - - - - - EN",
            "KEY ----S",
        ] {
            let text = text.replace('S', S).replace('T', T);
            assert!(is_piece(&text, TextForm::Encoded), "{text}");
            // What is not ASCII is no token as it is.
            assert!(
                !text.is_ascii() || is_piece(&text, TextForm::Whole),
                "{text}"
            );
        }
    }

    #[test]
    fn what_has_brackets_and_marks_by_chance_is_none() {
        for text in [
            S,
            "a+b&c~[d]*?@",
            "zjpqRX7614|^(jrsQBGQF9#",
            "H2Uc_|^Ax.j(+3m>NVVx]DOx9",
            "avc!bH9;5<d9L,M!",
            "K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[",
            "<xY7@:/=?*>",
            "[xY7@:/=?*z",
            "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw",
            "drawbridge:correct horse battery staple",
        ] {
            assert!(!is_piece(text, TextForm::Whole), "{text}");
        }
        // Three dashes are in one of 10,000 client secrets, and in the names that people make up.
        for text in [
            "abc8Q~---Ghi_jkl.MnoPqr-stuVwx~yz0123456---",
            // One of 600,000 that Entra makes has four.
            "abc8Q~----hi_jkl.MnoPqr-stuVwx~yz0123456",
            "prod---contoso",
        ] {
            assert!(!is_piece(text, TextForm::Whole), "{text}");
        }
        // Bytes that are a text only by chance.
        assert!(!is_piece("\u{7}\u{1}'é", TextForm::Encoded));
    }
}
