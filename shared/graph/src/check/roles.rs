//! Whether the token has the permission, in words.

use drawbridge_http::wire_text::name;

use super::report::{Finding, Level, Topic};
use crate::permission::roles_in;
use crate::resource::Resource;

/// Looks for the permission in an access token, which is not verified: that is Graph's part.
pub(super) fn judge(token: &str, resource: &Resource) -> Finding {
    let Some(roles) = roles_in(token) else {
        let text = "the token does not show what it may do; Graph's answer will";
        return Finding::passed(Topic::Roles, text.to_owned());
    };
    let needed = resource.least_permission();
    let suffices = |role: &String| resource.permissions.contains(&role.as_str());
    let (level, text, todo) = if !roles.iter().any(suffices) {
        let todo = format!(
            "add {needed} as an application permission (not a delegated one) of Microsoft Graph and \
             have an admin consent (it takes minutes to arrive)"
        );
        let text = format!(
            "the application lacks {needed}, and has {}: {todo}",
            list(roles.iter().map(String::as_str)),
        );
        (Level::Failed, text, Some(todo))
    } else {
        let surplus = roles.iter().map(String::as_str);
        let surplus: Vec<&str> = surplus.filter(|role| *role != needed).collect();
        if surplus.is_empty() {
            (
                Level::Passed,
                format!("the application has {needed} and nothing else"),
                None,
            )
        } else {
            let todo = format!("remove {}", list(surplus.into_iter()));
            let text = format!("the application may do more than reading alerts: {todo}");
            (Level::Warned, text, Some(todo))
        }
    };
    Finding {
        topic: Topic::Roles,
        level,
        text,
        todo,
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
    use crate::resource::ALERTS;
    use drawbridge_entra::jwt;

    fn judged(claims: &str) -> Finding {
        let token = format!("{}.{}.c2ln", jwt::base64url("{}"), jwt::base64url(claims));
        judge(&token, &ALERTS)
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
            assert_eq!(judge(token, &ALERTS).level, Level::Passed);
        }
        assert_eq!(judged(r#"{"roles":"text"}"#).level, Level::Passed);
    }
}
