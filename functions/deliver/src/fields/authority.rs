use super::SettingsError;

/// The PEM text of a private certificate authority: `ca` itself, or what the file of that name holds.
pub(crate) fn authority(ca: &str) -> Result<Vec<u8>, SettingsError> {
    if ca.trim_start().starts_with("-----BEGIN") {
        return Ok(ca.as_bytes().to_vec());
    }
    std::fs::read(ca).map_err(|error| {
        SettingsError::field(
            "ca",
            format!(
                "cannot be read: {}; it is PEM text, or the path of a file with it",
                error.kind()
            ),
        )
    })
}
