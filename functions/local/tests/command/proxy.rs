//! A corporate proxy between the command and a SIEM.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;

/// A proxy that answers every request with this status, and notes the first line of the last one.
pub(crate) fn proxy(status: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<String>>::default();
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut lines = (&mut stream).lines().map_while(Result::ok);
            *kept.lock().unwrap() = lines.next().unwrap_or_default();
            let _ = lines.find(String::is_empty);
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

/// An address of this machine at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("localhost:{}", listener.local_addr().unwrap().port())
}

/// It is used for https, never for syslog, and named where it is in the way.
#[test]
fn a_proxy_that_is_in_the_way_is_named_with_the_way_out() {
    let web =
        |host: &str| format!(r#"{{"target":"webhook","url":"https://{host}","secret":"env:KEY"}}"#);
    let syslog = format!(r#"{{"target":"syslog","address":"{}"}}"#, nobody());
    let far = "siem.example.com";
    for (status, no_proxy, to, connects, words) in [
        (
            "407 X",
            "",
            web(far),
            "CONNECT siem.example.com:443",
            vec!["proxy authorization required", "HTTPS_PROXY", "NO_PROXY"],
        ),
        (
            "503 X",
            "",
            web(far),
            "CONNECT siem.example.com:443",
            vec!["HTTPS_PROXY", "NO_PROXY"],
        ),
        (
            "407 X",
            "localhost",
            web(&nobody()),
            "",
            vec!["refused", "HTTPS_PROXY", "NO_PROXY"],
        ),
        (
            "407 X",
            "",
            syslog,
            "",
            vec!["HTTPS_PROXY", "syslog", "directly"],
        ),
    ] {
        let folder = Folder::new();
        let (settings, records) = (
            folder.path().join("to.json"),
            folder.path().join("r.ndjson"),
        );
        std::fs::write(&settings, to).unwrap();
        std::fs::write(&records, "{\"AlertId\":\"a\"}\n").unwrap();
        let (url, asked) = proxy(status);
        let mut command = drawbridge(&["deliver", "--once", "--to"]);
        command
            .arg(&settings)
            .arg("--file")
            .arg(&records)
            .env("HTTPS_PROXY", &url)
            .env("NO_PROXY", no_proxy)
            .env("KEY", "the-signing-key");
        run(command).failed(1, &words);
        assert!(asked.lock().unwrap().starts_with(connects), "{status}");
        assert_eq!(asked.lock().unwrap().is_empty(), connects.is_empty());
    }
}

/// Not passed over in silence, which would connect directly.
#[test]
fn a_proxy_that_is_none_is_named() {
    let folder = Folder::new();
    let (settings, records) = (
        folder.path().join("to.json"),
        folder.path().join("r.ndjson"),
    );
    let to = format!(
        r#"{{"target":"webhook","url":"https://{}","secret":"env:KEY"}}"#,
        nobody()
    );
    std::fs::write(&settings, to).unwrap();
    std::fs::write(&records, "{\"AlertId\":\"a\"}\n").unwrap();
    for (proxy, words) in [
        ("http://", "does not name a proxy"),
        ("http://127.0.0.1:99999", "whose port is no number"),
        ("127.0.0.1:notaport", "whose port is no number"),
        ("socks5://127.0.0.1:1080", "a SOCKS proxy"),
    ] {
        let mut command = drawbridge(&["deliver", "--once", "--to"]);
        command
            .arg(&settings)
            .arg("--file")
            .arg(&records)
            .env("HTTPS_PROXY", proxy)
            .env("KEY", "the-signing-key");
        run(command).failed(1, &["HTTPS_PROXY", words, "http://HOST:PORT"]);
    }
}
