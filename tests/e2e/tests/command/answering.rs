//! Stands between the command and the emulator, and answers some requests itself, as AWS does where the
//! emulator does not.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What is answered in the place of the emulator.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// Starts one in front of `endpoint_url`; gives its own URL. `answer` is told the head and the body of each
/// request, and those that it does not answer go on to the emulator.
pub(crate) fn answering(
    endpoint_url: &str,
    answer: impl Fn(&str, &str) -> Option<Answer> + Send + Sync + 'static,
) -> String {
    let upstream = endpoint_url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (answer, upstream) = (Arc::new(answer), Arc::new(upstream));
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (answer, upstream) = (Arc::clone(&answer), Arc::clone(&upstream));
            std::thread::spawn(move || one(client, &upstream, &*answer));
        }
    });
    url
}

/// One request; the connection ends with its answer.
fn one(mut client: TcpStream, upstream: &str, answer: &dyn Fn(&str, &str) -> Option<Answer>) {
    let Some((head, body)) = request(&mut client) else {
        return;
    };
    let answered = match answer(&head, &String::from_utf8_lossy(&body)) {
        Some(Answer {
            status,
            content_type,
            body,
        }) => format!(
            "HTTP/1.1 {status} Answered\r\ncontent-type: {content_type}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
        None => forwarded(upstream, &head, &body),
    };
    let _ = client.write_all(&answered);
}

/// The head of a request, and its body, of the length that the head tells.
fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match client.read(&mut buffer) {
            Ok(count @ 1..) => read.extend(&buffer[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = read.split_off(end);
    let mut rest = vec![0; length.unwrap_or(0).saturating_sub(body.len())];
    client.read_exact(&mut rest).ok()?;
    body.extend(rest);
    Some((head, body))
}

/// The emulator's answer, to the end of its connection.
fn forwarded(upstream: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let (first, others) = head.split_once("\r\n").unwrap();
    let head = format!("{first}\r\nconnection: close\r\n{others}");
    let mut answer = Vec::new();
    let mut server = TcpStream::connect(upstream).unwrap();
    server.write_all(head.as_bytes()).unwrap();
    server.write_all(body).unwrap();
    server.read_to_end(&mut answer).unwrap();
    answer
}
