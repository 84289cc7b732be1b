//! Asks the emulator whether it is up.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the emulator on `port` is ready, and is the one that was started as `edition` rather
/// than another that took the port first.
pub(crate) fn is_ready(port: u16, edition: &str) -> bool {
    let quoted = format!("\"{edition}\"");
    get(port, "/_ministack/health").is_ok_and(|answer| answer.contains(&quoted))
        && get(port, "/_ministack/ready").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    Ok(answer)
}
