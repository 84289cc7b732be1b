use std::ffi::OsString;

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file, or anything else that is neither of the others.
    File(OsString),
    /// A folder.
    Folder(OsString),
    /// A symbolic link, wherever it leads.
    Link(OsString),
}
