use super::super::observable::{EMAIL_ADDRESS, IP_ADDRESS, USER_NAME};
use super::super::write::Out;
use super::{device, network};
use crate::tree::Object;

/// Whether OCSF takes a text for an e-mail address: the pattern of its `email_t`.
pub(in crate::ocsf) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+,-./=?^_`{|}~".contains(c);
    let is_domain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let has_dot = domain
        .split_once('.')
        .is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty());
    !local.is_empty() && local.chars().all(is_local) && domain.chars().all(is_domain) && has_dot
}

/// What identifies a `user`; one of these must be there.
const ACCOUNT_NAMES: [&str; 4] = [
    "accountName",
    "userSid",
    "azureAdUserId",
    "userPrincipalName",
];

/// Local System, Local Service and Network Service.
const SYSTEM_SIDS: [&str; 3] = ["S-1-5-18", "S-1-5-19", "S-1-5-20"];

/// `user` of a `userAccount`.
pub(super) fn user(out: &mut Out, it: &Object<'_>) {
    if it.has_any(&ACCOUNT_NAMES) {
        out.object("user", |out| account(out, it));
    }
}

fn account(out: &mut Out, it: &Object<'_>) {
    let sid = it.take("userSid");
    let name = it.take("accountName");
    out.observed(USER_NAME, "name", name.or(it.text("userPrincipalName")));
    out.text("uid", sid.or(it.text("azureAdUserId")));
    out.text("uid_alt", it.take("activeDirectoryObjectGuid"));
    if sid.is_some_and(|sid| SYSTEM_SIDS.contains(&sid)) {
        out.made_of([sid], |out| out.coded("type_id", "type", (3, "System")));
    }
    out.text("display_name", it.take("displayName"));
    out.text("domain", it.take("domainName"));
    out.observed(
        EMAIL_ADDRESS,
        "email_addr",
        it.take_if("userPrincipalName", is_email),
    );
    if it.has_any(&["azureAdUserId", "userPrincipalName"]) {
        out.object("account", |out| {
            out.text("name", it.take("userPrincipalName"));
            out.text("uid", it.take("azureAdUserId"));
            out.coded("type_id", "type", (6, "Azure AD Account"));
        });
    }
    out.object("org", |out| out.text("uid", it.take("tenantId")));
}

/// `user` of a `userEvidence`.
pub(super) fn evidence(out: &mut Out, it: &Object<'_>) {
    if let Some(account) = it.object("userAccount") {
        user(out, account);
    }
}

/// `user` of a `mailboxEvidence`.
pub(super) fn mailbox(out: &mut Out, it: &Object<'_>) {
    let account = it.object("userAccount");
    mailbox_user(out, it, account, "primaryAddress", it.text("displayName"));
    it.take("displayName");
}

/// `user` of a `mailboxConfigurationEvidence`: whose mailbox it is.
pub(super) fn mailbox_configuration(out: &mut Out, it: &Object<'_>) {
    mailbox_user(out, it, None, "mailboxPrimaryAddress", None);
}

fn mailbox_user(
    out: &mut Out,
    it: &Object<'_>,
    account: Option<&Object<'_>>,
    address: &str,
    display_name: Option<&str>,
) {
    let named = |account: &Object<'_>| account.has_any(&["accountName", "userPrincipalName"]);
    if !it.has_any(&["upn", address]) && !account.is_some_and(named) {
        return;
    }
    out.object("user", |out| {
        let name = account.and_then(|account| account.take("accountName"));
        let upn = it
            .take("upn")
            .or_else(|| account.and_then(|account| account.take("userPrincipalName")));
        out.observed(USER_NAME, "name", name.or(upn).or(it.text(address)));
        if let Some(account) = account {
            let sid = account.take("userSid");
            out.text("uid", sid.or(account.text("azureAdUserId")));
            out.text("domain", account.take("domainName"));
        }
        out.text("display_name", display_name);
        out.observed(EMAIL_ADDRESS, "email_addr", it.take_if(address, is_email));
        if let Some(name) = upn.or_else(|| it.take(address)) {
            out.object("account", |out| {
                out.text("name", Some(name));
                out.coded("type_id", "type", (18, "Email Account"));
            });
        }
    });
}

/// `user` of a `servicePrincipalEvidence`.
pub(super) fn service_principal(out: &mut Out, it: &Object<'_>) {
    if !it.has_any(&["servicePrincipalName", "servicePrincipalObjectId"]) {
        return;
    }
    out.object("user", |out| {
        out.observed(USER_NAME, "name", it.take("servicePrincipalName"));
        out.text("uid", it.take("servicePrincipalObjectId"));
        out.text("uid_alt", it.take("appId"));
        out.coded("type_id", "type", (4, "Service"));
        out.object("org", |out| out.text("uid", it.take("tenantId")));
    });
}

/// `user` of a `gitHubUserEvidence`.
pub(super) fn git_hub_user(out: &mut Out, it: &Object<'_>) {
    if !it.has_any(&["login", "userId"]) {
        return;
    }
    out.object("user", |out| {
        out.observed(USER_NAME, "name", it.take("login"));
        out.text("uid", it.take("userId"));
        out.text("display_name", it.take("name"));
        out.observed(EMAIL_ADDRESS, "email_addr", it.take_if("email", is_email));
    });
}

/// `actor` of an `oauthApplicationEvidence`.
pub(super) fn oauth_application(out: &mut Out, it: &Object<'_>) {
    application(out, it, "displayName", "appId");
}

/// `actor` of an `aiAgentEvidence`.
pub(super) fn agent(out: &mut Out, it: &Object<'_>) {
    application(out, it, "agentName", "agentId");
}

fn application(out: &mut Out, it: &Object<'_>, name: &str, id: &str) {
    out.object("actor", |out| {
        out.text("app_name", it.take(name));
        out.text("app_uid", it.take(id));
    });
}

/// `actor`, `device` and `http_request` of a `cloudLogonSessionEvidence`.
pub(super) fn cloud_session(out: &mut Out, it: &Object<'_>) {
    session(out, it);
    device::named(out, it);
    out.object("http_request", |out| {
        out.text("user_agent", it.take("userAgent"));
    });
}

/// `actor` and `device` of a `hostLogonSessionEvidence`.
pub(super) fn host_session(out: &mut Out, it: &Object<'_>) {
    session(out, it);
    if let Some(host) = it.object("host") {
        device::device(out, host);
    }
}

fn session(out: &mut Out, it: &Object<'_>) {
    out.object("actor", |out| {
        if let Some(id) = it.take("sessionId") {
            out.object("session", |out| {
                out.text("uid", Some(id));
                out.taken("created_time", it.time("startUtcDateTime"));
            });
        }
        let owner = it.object("account");
        if let Some(account) = owner.and_then(|owner| owner.object("userAccount")) {
            user(out, account);
        }
    });
}

/// `user` and `src_endpoint` of who sent a message.
pub(super) fn sender(out: &mut Out, it: &Object<'_>, name: &str, address: &str) {
    if let Some(sender) = it.take(name) {
        out.object("user", |out| {
            out.observed(USER_NAME, "name", Some(sender));
            out.observed(
                EMAIL_ADDRESS,
                "email_addr",
                Some(sender).filter(|text| is_email(text)),
            );
        });
    }
    if let Some(address) = it.take_if(address, network::is_address) {
        out.object("src_endpoint", |out| {
            out.observed(IP_ADDRESS, "ip", Some(address));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_the_schema_takes_for_one() {
        for good in [
            "a@b.c",
            "guest_x.com#EXT#@contoso.onmicrosoft.com",
            "a,b@c-d.e.f",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "", "a", "@b.c", "a@b", "a@.c", "a@b.", "a b@c.d", "a@b@c.d", "ä@b.c", "a@b.c\n",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
