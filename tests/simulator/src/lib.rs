//! A Microsoft Graph simulator on loopback: token endpoint and alerts_v2.
