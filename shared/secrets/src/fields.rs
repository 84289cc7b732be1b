//! One line of a file with several fields, of which one is a secret.

use crate::document::TextForm;
use crate::entra_secret::{
    OLD, has_new_client_secret, is_new_client_secret, is_of_old, is_old_client_secret,
};

/// What stands between the fields of a line, and in no secret that Entra makes or made in its portal.
const SEPARATORS: [char; 3] = [',', ';', '|'];

/// Characters from which on a field is a secret by itself.
const LONG_FIELD: usize = 31;

/// The fields of a line with colons, such as those of `/etc/passwd`. A user's name and a password are two.
const MANY: usize = 4;

/// Whether a text has something else beside a secret, such as `contoso,SECRET`, `SECRET;contoso` or
/// `GUID,name,GUID`, or is a line such as those of `/etc/passwd`.
pub(crate) fn is_line_of_fields(text: &str, form: TextForm) -> bool {
    let text = text.trim();
    has_new_client_secret(text) && !is_new_client_secret(text)
        || has_guid(text) && text.len() != GUID.len()
        || has_long_field(text)
        || has_old_field(text)
        || form == TextForm::Whole && is_behind_a_mark(text)
        || is_of_colons(text)
}

fn has_long_field(text: &str) -> bool {
    let mut fields = text.split(SEPARATORS);
    text.contains(SEPARATORS) && fields.any(|field| field.trim().chars().count() >= LONG_FIELD)
}

/// Whether an old client secret stands beside a character that none has. One of a new form may have such a part
/// by chance, beside its `~`.
fn has_old_field(text: &str) -> bool {
    let mut fields = text.split(|c| !is_of_old(c) && c != '~');
    fields.any(|field| field.len() < text.len() && is_old_client_secret(field))
}

/// Whether an old client secret stands at the end, behind what it may have in it as well.
fn is_behind_a_mark(text: &str) -> bool {
    let at = text.len().saturating_sub(OLD);
    let parts = text.split_at_checked(at);
    parts.is_some_and(|(before, secret)| {
        before.ends_with([':', '=']) && is_old_client_secret(secret)
    })
}

/// Whether it is a line of a file such as `/etc/passwd`, with a number or a path among its fields.
fn is_of_colons(text: &str) -> bool {
    let is_number = |field: &str| !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit());
    let mut fields = text.split(':');
    text.split(':').count() >= MANY
        && fields.any(|field| is_number(field) || field.starts_with('/'))
        && !is_old_client_secret(text)
}

/// How a GUID is written: where the digits and the dashes are.
const GUID: &[u8; 36] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

fn has_guid(text: &str) -> bool {
    let is_guid = |part: &[u8]| {
        part.iter().zip(GUID).all(|(c, form)| match form {
            b'-' => *c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(GUID.len()).any(is_guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456";
    const OLD: &str = "K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[";
    const GUID: &str = "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8";

    #[test]
    fn a_secret_with_something_beside_it_is_known() {
        for text in [
            "contoso,NEW",
            "contoso;NEW",
            "contoso|NEW",
            "contoso/NEW",
            "contoso!NEW",
            "contoso->NEW",
            "contoso\tNEW",
            "contoso:NEW",
            "contoso.NEW",
            "contoso-NEW",
            "contoso~NEW",
            "prod,eu,NEW",
            "NEW,contoso",
            "NEW,",
            "NEW$",
            "user@x.io:NEW",
            "NEW,NEW",
            "NEWNEW",
            // Cut short.
            "contoso,abc8Q~defGhi_jkl.Mno",
            "user,pass,abc8Q~defGhi_jkl.Mno",
            "abc8Q~defGhi_jkl.Mno;contoso",
            "contoso,OLD",
            "OLD,contoso",
            "contoso;OLD",
            "contoso|OLD",
            "contoso->OLD",
            "contoso!OLD",
            "user@x.io:OLD",
            "contoso,x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "contoso|0e1a2b3c4d5e6f708192a3b4c5d6e7f8",
            "hec,GUID",
            "hec/GUID",
            "GUID,GUID",
            "GUIDGUID",
            "GUID,name,GUID",
            "{GUID}",
            "GUID-1",
            "x:GUID",
            "contoso:x:1000:1000::/home/c:/bin/sh",
            "root:$6$abc$def/ghi:19000:0:99999:7:::",
            "127.0.0.1:5432:alerts:contoso:hunter2",
        ] {
            let text = text
                .replace("NEW", NEW)
                .replace("OLD", OLD)
                .replace("GUID", GUID);
            assert!(is_line_of_fields(&text, TextForm::Whole), "{text}");
        }
        for text in [
            "contoso,abc8Q~defGhi_jkl.Mno",
            "contoso:x:1000:1000::/home/c:/bin/sh",
        ] {
            assert!(is_line_of_fields(text, TextForm::Encoded), "{text}");
        }
    }

    #[test]
    fn a_secret_alone_is_none() {
        for text in [
            NEW,
            OLD,
            GUID,
            " GUID\n",
            // One of the command line, with the form of another one in it by chance.
            "~-.abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123",
            "abcdef7~K7-lEGUTDGGJL1wM.A3pJ-AH8h2oLhA_",
            "a+b&c~[d]*?@",
            "zjpqRX7614|^(jrsQBGQF9#",
            "H2Uc_|^Ax.j(+3m>NVVx]DOx9",
            "avc!bH9;5<d9L,M!",
            "h:/Owh5:1:/Zk9ifVIDXJB63_80yt6_F",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw",
            "0e1a2b3c4d5e6f708192a3b4c5d6e7f8",
            "correct,horse;battery|staple",
        ] {
            let text = text.replace("GUID", GUID);
            assert!(!is_line_of_fields(&text, TextForm::Whole), "{text}");
        }
        let basic = format!("contoso:{OLD}");
        assert!(!is_line_of_fields(&basic, TextForm::Encoded));
    }
}
