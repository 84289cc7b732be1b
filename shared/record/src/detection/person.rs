use drawbridge_alert::{Account, Mailbox, Process, Text, User};

/// A user: of a `userEvidence`, of a `mailboxEvidence`, or the account that a process runs as.
#[derive(Clone, Copy)]
pub(crate) enum Person<'r, 'a> {
    User(&'r User<'a>),
    Mailbox(&'r Mailbox<'a>),
    Runner(&'r Process<'a>),
}

impl<'r, 'a> Person<'r, 'a> {
    pub(crate) fn account(self) -> Option<&'r Account<'a>> {
        match self {
            Self::User(user) => user.user_account.as_ref(),
            Self::Mailbox(mailbox) => mailbox.user_account.as_ref(),
            Self::Runner(process) => process.user_account.as_ref(),
        }
    }

    /// What the user is called, and the property that says so: the account name, else the name to
    /// sign in with, else the mailbox's address. A display name is the last resort: it names a
    /// person to people.
    pub(crate) fn name(self) -> Option<(&'r str, &'static str)> {
        let account = self.account();
        let of = |pick: fn(&'r Account<'a>) -> &'r Option<Text<'a>>| {
            account.and_then(|a| pick(a).as_deref())
        };
        let mailbox = match self {
            Self::Mailbox(mailbox) => Some(mailbox),
            Self::User(_) | Self::Runner(_) => None,
        };
        [
            (of(|a| &a.account_name), "userAccount.accountName"),
            (
                of(|a| &a.user_principal_name),
                "userAccount.userPrincipalName",
            ),
            (mailbox.and_then(|m| m.upn.as_deref()), "upn"),
            (
                mailbox.and_then(|m| m.primary_address.as_deref()),
                "primaryAddress",
            ),
            (of(|a| &a.display_name), "userAccount.displayName"),
            (
                mailbox.and_then(|m| m.display_name.as_deref()),
                "displayName",
            ),
        ]
        .into_iter()
        .find_map(|(name, property)| Some((name.filter(|name| !name.is_empty())?, property)))
    }

    /// The domain of the same account; empty where it has none.
    pub(crate) fn domain(self) -> &'r str {
        let account = self.account();
        account
            .and_then(|account| account.domain_name.as_deref())
            .unwrap_or_default()
    }

    /// What a record shows of the user: name and domain.
    pub(super) fn shown(self) -> (&'r str, &'r str) {
        (self.name().map_or("", |(name, _)| name), self.domain())
    }

    pub(super) fn device_id(self) -> Option<&'r str> {
        match self {
            Self::Runner(process) => process.mde_device_id.as_deref().filter(|id| !id.is_empty()),
            Self::User(_) | Self::Mailbox(_) => None,
        }
    }

    pub(super) fn roles(self) -> &'r [Text<'a>] {
        match self {
            Self::User(user) => &user.roles,
            Self::Mailbox(mailbox) => &mailbox.roles,
            Self::Runner(process) => &process.roles,
        }
    }

    pub(super) fn remediation_status(self) -> Option<&'r str> {
        match self {
            Self::User(user) => user.remediation_status.as_deref(),
            Self::Mailbox(mailbox) => mailbox.remediation_status.as_deref(),
            // What was done about the process was not done about its user.
            Self::Runner(_) => None,
        }
    }
}
