//! What a token may do, as far as it says so itself.
//!
//! The token is Graph's and its content not promised to anybody else (Microsoft identity platform,
//! "Access tokens"), so what it says is a hint: Graph's own answer decides.

use serde::Deserialize;

use super::report::{Finding, Level, Topic};
use crate::jwt;
use crate::wire_text::name;

/// The least with which alerts can be read.
const NEEDED: &str = "SecurityAlert.Read.All";
/// Reads too, and may do more. Source: Graph, "List alerts_v2", permissions.
const MORE: &str = "SecurityAlert.ReadWrite.All";

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
}

/// Whether a token may read alerts; `None` if it does not show that.
pub(crate) fn may_read(token: &str) -> Option<bool> {
    let claims = jwt::claims::<Claims>(token)?;
    Some(
        claims
            .roles
            .iter()
            .any(|role| role == NEEDED || role == MORE),
    )
}

/// Looks for the permission in an access token, which is not verified: that is Graph's part.
pub(super) fn judge(token: &str) -> Finding {
    let Some(claims) = jwt::claims::<Claims>(token) else {
        let text = "the token does not show what it may do; Graph's answer will";
        return Finding::passed(Topic::Roles, text.to_owned());
    };
    let has = |role: &str| claims.roles.iter().any(|held| held == role);
    let (level, text) = if !has(NEEDED) && !has(MORE) {
        let text = format!(
            "the application lacks {NEEDED}: add it as an application permission (not a delegated \
             one) of Microsoft Graph and have an admin consent (it takes minutes to arrive); it \
             has {}",
            list(claims.roles.iter().map(String::as_str)),
        );
        (Level::Failed, text)
    } else {
        let surplus = claims.roles.iter().map(String::as_str);
        let surplus: Vec<&str> = surplus.filter(|role| *role != NEEDED).collect();
        if surplus.is_empty() {
            (
                Level::Passed,
                format!("the application has {NEEDED} and nothing else"),
            )
        } else {
            let text = format!(
                "the application may do more than reading alerts: remove {}",
                list(surplus.into_iter())
            );
            (Level::Warned, text)
        }
    };
    Finding {
        topic: Topic::Roles,
        level,
        text,
        kind: None,
    }
}

/// The first few names; what is no name is not repeated.
fn list<'a>(roles: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = roles.filter_map(name).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "no role".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(claims: &str) -> Finding {
        let token = format!("{}.{}.c2ln", jwt::base64url("{}"), jwt::base64url(claims));
        judge(&token)
    }

    #[test]
    fn the_one_role_passes_and_a_missing_one_is_named() {
        let right = judged(r#"{"roles":["SecurityAlert.Read.All"]}"#);
        assert_eq!(right.level, Level::Passed);
        for claims in ["{}", r#"{"roles":[]}"#, r#"{"roles":["User.Read.All"]}"#] {
            let lacking = judged(claims);
            assert_eq!(lacking.level, Level::Failed);
            assert!(
                lacking.text.contains("lacks SecurityAlert.Read.All"),
                "{lacking}"
            );
            assert!(lacking.text.contains("admin consent"), "{lacking}");
        }
    }

    #[test]
    fn more_than_is_needed_is_a_warning_that_lists_it() {
        let rich = judged(
            r#"{"roles":["SecurityAlert.ReadWrite.All","SecurityAlert.Read.All","a","b","c","d","e f"]}"#,
        );
        assert_eq!(rich.level, Level::Warned);
        let list = "SecurityAlert.ReadWrite.All, a, b, c, d";
        assert!(rich.text.ends_with(list), "{rich}");
        let writer = judged(r#"{"roles":["SecurityAlert.ReadWrite.All"]}"#);
        assert_eq!(writer.level, Level::Warned);
    }

    #[test]
    fn a_token_that_is_no_jwt_is_left_to_graph() {
        for token in ["opaque", "a.b.c"] {
            assert_eq!(judge(token).level, Level::Passed);
        }
        assert_eq!(judged(r#"{"roles":"text"}"#).level, Level::Passed);
    }
}
