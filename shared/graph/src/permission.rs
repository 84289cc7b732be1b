//! What a token may do, as far as it says so itself.
//!
//! The token is Graph's and its content not promised to anybody else (Microsoft identity platform,
//! "Access tokens"), so what it says is a hint: Graph's own answer decides.

use drawbridge_entra::jwt;
use serde::Deserialize;

use crate::resource::Resource;

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
}

/// The application permissions in a token; `None` if it does not show them.
pub(crate) fn roles_in(token: &str) -> Option<Vec<String>> {
    jwt::claims::<Claims>(token).map(|claims| claims.roles)
}

/// Whether a token may read the resource; `None` if it does not show that.
pub(crate) fn is_in(token: &str, resource: &Resource) -> Option<bool> {
    let roles = roles_in(token)?;
    let suffices = |role: &String| resource.permissions.contains(&role.as_str());
    Some(roles.iter().any(suffices))
}
