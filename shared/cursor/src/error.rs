/// A state object that could not be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A newer Drawbridge wrote it.
    #[error(
        "the state object has version {found}, and this Drawbridge knows versions up to \
         {newest}: run the newer release that wrote it"
    )]
    FromTheFuture {
        /// The version found.
        found: u64,
        /// The newest version that is known.
        newest: u32,
    },
    /// It is longer than what there is memory for.
    #[error(
        "there is not enough memory ({most_bytes} bytes) for the state object, which has {bytes} \
         bytes, and for what is in it: give the function the memory (MemorySize) that it had before, \
         or more; once it is saved, it takes less"
    )]
    TooLarge {
        /// Its length.
        bytes: u64,
        /// What it may weigh while it is read.
        most_bytes: usize,
    },
    /// A page is cut off or was changed.
    #[error(
        "the page is damaged ({what}): put it back, or remove it to go on without it (records of \
         alerts in it may come twice, none is lost)"
    )]
    DamagedPage {
        /// What was wrong with it.
        what: String,
    },
    /// It is cut off or was changed.
    #[error(
        "the state object is damaged ({what}): put back an earlier version of the object, or move \
         it away to start again from the first look-back (records may come twice, none are lost \
         within it)"
    )]
    Damaged {
        /// What was wrong with it.
        what: String,
    },
}
