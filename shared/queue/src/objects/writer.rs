//! One object on its way: compressed and hashed line by line.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::gzip;

/// An object that takes lines.
pub(super) struct Open {
    encoder: GzEncoder<Vec<u8>>,
    hash: Sha256,
    bytes: usize,
    records: usize,
    newest: Option<Timestamp>,
    since: Instant,
}

/// An object that is ready to be written.
pub(super) struct Closed {
    pub(super) body: Bytes,
    /// SHA-256 of the lines in hexadecimal. All of it: an object of the same name counts as
    /// written, and whoever raises an alert has a say in what is in it.
    pub(super) digest: String,
    pub(super) newest: Option<Timestamp>,
}

impl Open {
    pub(super) fn new() -> Self {
        Self {
            encoder: gzip::encoder(),
            hash: Sha256::new(),
            bytes: 0,
            records: 0,
            newest: None,
            since: Instant::now(),
        }
    }

    /// Bytes so far, before compression.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// How long it has been open.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn push(&mut self, line: &str, time: Option<Timestamp>) -> io::Result<()> {
        for part in [line.as_bytes(), b"\n"] {
            self.encoder.write_all(part)?;
            self.hash.update(part);
            self.bytes += part.len();
        }
        self.records += 1;
        self.newest = self.newest.max(time);
        Ok(())
    }

    pub(super) fn close(self) -> io::Result<Closed> {
        Ok(Closed {
            body: self.encoder.finish()?.into(),
            digest: hex::encode(self.hash.finalize()),
            newest: self.newest,
        })
    }
}
