//! Stands between the command and the emulator, and does something before a request goes on.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Starts one in front of `endpoint_url`; gives its own URL. `before` is told the first line of
/// each request.
pub(crate) fn interpose(
    endpoint_url: &str,
    before: impl Fn(&str) + Send + Sync + 'static,
) -> String {
    let upstream = endpoint_url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let before = Arc::new(before);
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(&upstream) else {
                return;
            };
            let (answers, back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let before = Arc::clone(&before);
            std::thread::spawn(move || pass(client, server, |bytes| before(&first_line(bytes))));
            std::thread::spawn(move || pass(answers, back, |_| {}));
        }
    });
    url
}

/// Passes bytes on until there are none; the client sends a request's head at once.
fn pass(mut from: TcpStream, mut to: TcpStream, before: impl Fn(&[u8])) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        before(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

fn first_line(bytes: &[u8]) -> String {
    let line = bytes
        .split(|&byte| byte == b'\r')
        .next()
        .unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}
