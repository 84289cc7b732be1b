//! How many files and connections this process may have open.

/// Raises that to what the machine allows at most, as each process may for itself: usually from 1,024, which is kept
/// for old programs, to half a million. A limit that is reached all the same is named where it is.
#[cfg(unix)]
pub(crate) fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let highest = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Some machines allow less than they say. Then it stays as it is.
    let _ = setrlimit(Resource::Nofile, highest);
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub(crate) fn raise_limit() {}
