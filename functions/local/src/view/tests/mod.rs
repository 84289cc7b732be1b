//! The pages over HTTP: who is answered, what every answer says, and that alerts are text.

mod access;
mod alerts;
mod folder;
mod listed;
mod versions;

use std::fs;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tempfile::TempDir;

use super::*;

/// The pages of a folder, on a port of their own.
struct Pages {
    folder: TempDir,
    root: String,
    url: String,
}

impl Pages {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard::new(address.port()).unwrap();
        let url = guard.url();
        let place = DataLocation::folder(folder.path().to_owned());
        let router = router::router(Arc::new(Site::new(place)), guard);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let root = format!("http://{address}/");
        Self { folder, root, url }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let client = Client::builder().no_proxy().build().unwrap();
        client.request(method, format!("{}{path}", self.url))
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        text(answer).await
    }

    async fn paste(&self, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let answer = self.ask(Method::POST, "").body(form.finish());
        let answer = answer.send().await.unwrap();
        (answer.status(), text(answer).await)
    }

    /// Puts an object of the folder in its place.
    fn write(&self, key: &str, text: &str) {
        let path = self.folder.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The text of an answer, which has to say what every answer says.
async fn text(answer: Response) -> String {
    let headers = answer.headers().clone();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value);
    }
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
    assert!(headers.get("access-control-allow-origin").is_none());
    answer.text().await.unwrap()
}

const HOSTILE: &str = r#"{"id":"da1","title":"</textarea><script>alert(1)</script>\u202e"}"#;
