/// What the simulator does with the next list request in place of answering it well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status and an error body.
    Status(u16),
    /// 429, with or without `Retry-After`.
    Throttle {
        /// Seconds to wait.
        retry_after_secs: Option<u64>,
    },
    /// The page, with status 206 and this `Warning`.
    Partial {
        /// The header's value.
        warning: String,
    },
    /// The page, but the connection closes in the middle of it.
    CutBody,
    /// A page whose JSON breaks off.
    Malformed,
    /// A web page with status 200.
    Html,
    /// A page of this many bytes.
    HugeBody(u64),
    /// The page, with a next link to somewhere else.
    ForeignNextLink(String),
    /// 401, as for an expired token.
    Unauthorized,
}
