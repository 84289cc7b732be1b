//! The client secrets that Entra makes, and those that its portal made up to 2021, which may be valid for a
//! hundred years. None of them is refused, whatever it has in it by chance.

/// The lengths of new ones: three characters, a digit, `Q~`, and 31 or 34 characters.
const NEW: [usize; 2] = [37, 40];

/// The characters of one that the command line makes, of the same letters, digits and marks in any order.
const OF_COMMAND_LINE: usize = 40;

/// The fewest characters of a new one that was cut short behind that many.
const PART: usize = 14;

/// Whether a text has the form of a new one.
pub(crate) fn is_new_client_secret(text: &str) -> bool {
    NEW.contains(&text.len()) && text.bytes().all(is_of_new) && begins_as_new(text.as_bytes())
}

/// Whether a text has a new one in it, or is one; beside other characters than it has, also one that was cut
/// short.
pub(crate) fn has_new_client_secret(text: &str) -> bool {
    let words = text.as_bytes().split(|b| !is_of_new(*b));
    let is_part =
        |word: &[u8]| word.len() < text.len() && word.len() >= PART && begins_as_new(word);
    // One of the command line has one in it by chance.
    let has_one = |word: &[u8]| {
        word.len() != OF_COMMAND_LINE && word.windows(NEW[0]).any(begins_as_new)
            || begins_as_new(word) && word.len() >= NEW[0]
    };
    words.into_iter().any(|word| is_part(word) || has_one(word))
}

fn is_of_new(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._~-".contains(&b)
}

fn begins_as_new(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, b'0'..=b'9', b'Q', b'~', ..])
}

/// The characters of an old one.
pub(crate) const OLD: usize = 32;

/// What old ones have beside letters, digits and `._-/`.
const MARKS: [char; 8] = ['=', ':', '?', '[', ']', '@', '*', '+'];

/// How a path may begin, which has no marks behind that.
const BEGINNING: usize = 3;

/// Changes between small and capital letters, digits and others from which on a text is no path. What is
/// made at random has 21 among 32 characters.
const RANDOM: usize = 15;

/// Whether a text looks like an old one: 32 characters at random.
pub(crate) fn is_old_client_secret(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    text.chars().count() == OLD
        && text.chars().all(is_of_old)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && (text.chars().skip(BEGINNING).any(|c| MARKS.contains(&c)) || changes(text) >= RANDOM)
}

/// Whether an old one may have that.
pub(crate) fn is_of_old(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-/".contains(c) || MARKS.contains(&c)
}

fn changes(text: &str) -> usize {
    let kind = |c: &u8| {
        let is = [
            u8::is_ascii_lowercase,
            u8::is_ascii_uppercase,
            u8::is_ascii_digit,
        ];
        is.map(|is| is(c))
    };
    let kinds: Vec<_> = text.as_bytes().iter().map(kind).collect();
    kinds
        .windows(2)
        .filter(|pair| pair.first() != pair.last())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_one_is_known_by_its_form() {
        assert!(is_new_client_secret(
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456"
        ));
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz01234567",
            "abcdQ~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "abc8Q~defGhi_jkl/MnoPqr-stuVwx~yz0123456",
        ] {
            assert!(!is_new_client_secret(text), "{text}");
        }
    }

    #[test]
    fn an_old_one_is_told_from_a_path_and_a_list() {
        for text in [
            "K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[",
            "h:/Owh57jyZKk9ifVIDXJB63_80yt6_F",
            "./x7uPzJmWvK2?Q1fS9dR0tYbL=N4eG6",
        ] {
            assert!(is_old_client_secret(text), "{text}");
        }
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[a",
            "./secrets/of-contoso-2026.secret",
            "./secrets/of-Contoso-2026.secret",
            "C:/secrets/Contoso-2026.secret-1",
        ] {
            assert!(!is_old_client_secret(text), "{text}");
        }
    }
}
