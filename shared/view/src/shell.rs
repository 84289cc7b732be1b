use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

/// The colours and the basic elements of every page of ours.
pub const BASE_STYLE: &str = include_str!("page/base.css");

const STYLE: &str = include_str!("page/view.css");
const SCRIPT: &str = include_str!("page/view.js");

/// A page of `drawbridge view`.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its title, and its heading.
    pub title: &'a str,
    /// Its links to the other pages: the address, relative to this page's, and the words. The one whose
    /// words are [`here`](Self::here) is this page.
    pub links: &'a [(String, &'a str)],
    /// Which of the links is this page.
    pub here: &'a str,
    /// What is on it.
    pub body: Markup,
}

impl Page<'_> {
    /// The page as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " - Drawbridge" }
                    style { (PreEscaped(style())) }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    nav aria-label="Pages" {
                        @for (href, words) in self.links {
                            a href=(href) aria-current=[(*words == self.here).then_some("page")] { (words) }
                        }
                    }
                    main #main { h1 { (self.title) } (self.body) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        markup.into_string()
    }

    /// What its `Content-Security-Policy` says: its own style and script by their digests, forms to where
    /// it came from, and nothing else.
    #[must_use]
    pub fn policy() -> String {
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
            digest(&style()),
            digest(SCRIPT)
        )
    }
}

fn style() -> String {
    format!("{BASE_STYLE}{STYLE}")
}

/// SHA-256 of a text in base64, as a `Content-Security-Policy` names it.
#[must_use]
pub fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
