//! The Microsoft clouds that serve `alerts_v2`, and the hosts that belong together in each.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A Microsoft cloud in which Graph serves `security/alerts_v2`.
///
/// Tokens of one cloud are worth nothing in another, so the login host and the Graph root are
/// chosen together. Source: Microsoft Graph documentation, "National cloud deployments".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cloud {
    /// The worldwide service, GCC included.
    #[default]
    Global,
    /// US Government L4 (GCC High).
    GccHigh,
    /// US Government L5 (DoD).
    Dod,
}

/// One row a cloud: its configured name, its login host, its Graph root.
const CLOUDS: [(Cloud, &str, &str, &str); 3] = [
    (
        Cloud::Global,
        "global",
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
    ),
    (
        Cloud::GccHigh,
        "gcc-high",
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
    ),
    (
        Cloud::Dod,
        "dod",
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
    ),
];

/// The 21Vianet cloud's hosts, which serve no alerts. Source: as [`Cloud`].
const CHINA: [&str; 3] = [
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "microsoftgraph.chinacloudapi.cn",
];

/// Whether an address is one of the cloud without alerts.
pub(crate) fn has_no_alerts(url: &Url) -> bool {
    url.host_str().is_some_and(|host| CHINA.contains(&host))
}

/// Whether both hosts are Microsoft's own, but of different clouds. A gateway's host may stand for
/// any.
pub(crate) fn are_mixed(login: &Url, graph: &Url) -> bool {
    let is = |url: &Url, known: &str| known.strip_prefix("https://") == url.host_str();
    let with_login = || CLOUDS.iter().filter(|row| is(login, row.2));
    let is_known = CLOUDS.iter().any(|row| is(graph, row.3)) && with_login().next().is_some();
    is_known && !with_login().any(|row| is(graph, row.3))
}

/// Why a cloud's name was refused; said behind the name, or behind the word "cloud".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// The 21Vianet cloud has no such resource, so there is nothing to poll.
    #[error(
        "is the 21Vianet cloud (China), which has no security/alerts_v2 in Microsoft Graph: there is \
         nothing to poll there"
    )]
    NoAlerts,
    /// Not a name of a cloud.
    #[error("is none of Microsoft's clouds: use global (GCC too), gcc-high or dod")]
    Unknown,
}

impl Cloud {
    /// Every cloud, in the order in which documentation lists them.
    pub const ALL: [Cloud; 3] = [Cloud::Global, Cloud::GccHigh, Cloud::Dod];

    /// The name used in configuration: `global`, `gcc-high` or `dod`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The login host's root.
    pub(crate) fn login(self) -> &'static str {
        self.row().2
    }

    /// Graph's root.
    pub(crate) fn graph(self) -> &'static str {
        self.row().3
    }

    /// The audience that a federated credential of this cloud has, and so its assertions.
    ///
    /// Source: Microsoft Entra Workload ID, "Workload identity federation considerations".
    pub fn federation_audience(self) -> &'static str {
        match self {
            Self::Global => "api://AzureADTokenExchange",
            Self::GccHigh | Self::Dod => "api://AzureADTokenExchangeUSGov",
        }
    }

    fn row(self) -> &'static (Cloud, &'static str, &'static str, &'static str) {
        CLOUDS
            .iter()
            .find(|row| row.0 == self)
            .unwrap_or(&CLOUDS[0])
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    fn from_str(name: &str) -> Result<Self, CloudError> {
        if name == "china" {
            return Err(CloudError::NoAlerts);
        }
        CLOUDS
            .iter()
            .find(|row| row.1 == name)
            .map(|row| row.0)
            .ok_or(CloudError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_has_its_own_row_and_reads_back() {
        for cloud in Cloud::ALL {
            assert_eq!(cloud.row().0, cloud);
            assert_eq!(cloud.name().parse::<Cloud>(), Ok(cloud));
        }
    }

    #[test]
    fn china_is_refused_with_the_reason() {
        let error = "china".parse::<Cloud>().unwrap_err().to_string();
        assert!(error.contains("no security/alerts_v2"), "{error}");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "Global".parse::<Cloud>().unwrap_err().to_string();
        for cloud in Cloud::ALL {
            assert!(error.contains(cloud.name()), "{error}");
        }
    }
}
