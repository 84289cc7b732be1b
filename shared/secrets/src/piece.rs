//! Pieces of documents, wherever they were cut off: by what stands beside a quotation mark in JSON, YAML,
//! XML and the lines of a shell, and by brackets.

/// What stands beside a quotation mark in a document. In a password of random characters that has such a
/// mark at all, one of these may stand there by chance: Entra makes no such ones any more.
const BESIDE: [char; 9] = ['{', '}', '[', ']', ':', ',', '=', '<', '>'];

/// Quotation marks as other texts write them, and as editors do.
const OTHER_MARKS: [&str; 16] = [
    "&quot;", "&apos;", "&#34", "&#39", "\\u0022", "\\u0027", "\\x22", "\\x27", "\\\"", "\\'", "“",
    "”", "„", "‘", "’", "«",
];

/// Whether a text is a piece of a document.
pub(crate) fn is_piece(text: &str) -> bool {
    let text: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_beside = |pair: &[char]| match pair {
        ['"' | '\'', beside] | [beside, '"' | '\''] => BESIDE.contains(beside),
        _ => false,
    };
    if text.windows(2).any(is_beside) {
        return true;
    }
    let text: String = text.into_iter().collect();
    OTHER_MARKS.iter().any(|mark| text.contains(mark)) || is_in_brackets(&text) || is_markup(&text)
}

/// Whether it is an object, or an end of one, or a list, whose quotation marks were lost.
fn is_in_brackets(text: &str) -> bool {
    let inside = text.trim_matches(['{', '}', '[', ']', ',']);
    let is_member = |part: &str| {
        let name = part.split_once([':', '=']).map_or("", |(name, _)| name);
        name.len() > 1 && is_name(name)
    };
    let is_object = || text.starts_with('{') || text.ends_with('}');
    let is_list = || text.starts_with('[') && text.ends_with(']');
    is_object() && inside.split(',').any(is_member) || is_list() && inside.contains(',')
}

/// Whether a tag of XML is in it.
fn is_markup(text: &str) -> bool {
    let is_tag = |rest: &str| {
        let name = rest.split_once('>').map_or("", |(name, _)| name);
        !name.is_empty() && is_name(name)
    };
    text.contains("</") || text.ends_with("/>") || text.split('<').skip(1).any(is_tag)
}

fn is_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
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
            r#"S"}}"#,
            r#"S"},"#,
            r#"S"}],"#,
            r#"S"]}"#,
            r#"S"]]"#,
            r#"S'}]"#,
            r#"S"},{""#,
            r#"S"],["T"#,
            "S,fabrikam:T}",
            "[S,T]",
            r#"["S"#,
            r#"{"S"#,
            r#"contoso">S</secret><tenant>1111"#,
            r#"value="S"/>"#,
            "value='S",
            "<secret>S",
            "S</secret",
            "contoso&quot;:&quot;S",
            r"\u0022contoso\u0022:\u0022S\u0022",
            "“contoso”:“S”",
            "{uk:S,de:T",
            "uk:S,de:T}",
            "{ uk: S",
            r#"n":"S"#,
            r#"\"S\""#,
        ] {
            let text = text.replace('S', S).replace('T', T);
            assert!(is_piece(&text), "{text}");
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
            "x`7u\\P\"zJm",
            "<xY7@:/=?*>",
            "[xY7@:/=?*{}z",
            "{xY7@:/=?*z",
            "{xY7@/=?*z}",
            "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw",
        ] {
            assert!(!is_piece(text), "{text}");
        }
    }
}
