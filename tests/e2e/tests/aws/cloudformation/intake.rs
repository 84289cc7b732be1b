use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A SIEM's own intake, on loopback: the first request is told to come again in a second, and the
/// arrays of the others are taken.
pub(crate) struct FakeSiem {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    requests: usize,
    unsigned: usize,
    records: Vec<Value>,
}

impl FakeSiem {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &seen).is_some() {});
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    /// The records that were taken, of requests that were signed.
    pub(crate) fn records(&self) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.unsigned, 0, "a request came without a signature");
        seen.records.clone()
    }
}

/// Answers a request; nothing when the connection has ended.
fn serve(stream: &TcpStream, seen: &Mutex<Seen>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut is_signed) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        is_signed |= line.starts_with("x-drawbridge-signature: sha256=");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut seen = seen.lock().unwrap();
    seen.requests += 1;
    seen.unsigned += usize::from(!is_signed);
    let answer = if seen.requests == 1 {
        "503 Service Unavailable\r\nRetry-After: 1"
    } else {
        let records: Vec<Value> = serde_json::from_slice(&body).unwrap();
        seen.records.extend(records);
        "200 OK"
    };
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").ok()
}
