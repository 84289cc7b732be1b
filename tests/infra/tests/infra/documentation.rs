//! The pages lead somewhere: each says what its reader has at its end, is in the index, and links to
//! what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A README is read on one screen: this many lines at most before the first result.
const SCREEN: usize = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages below `docs/`, by their paths from there.
fn pages() -> BTreeSet<String> {
    let docs = root().join("docs");
    let below = |folder: &str| {
        let listed = fs::read_dir(docs.join(folder)).unwrap();
        let names = listed.map(|file| file.unwrap().file_name().into_string().unwrap());
        let pages: Vec<String> = names
            .filter(|name| name.ends_with(".md"))
            .map(|name| format!("{folder}{name}"))
            .collect();
        pages
    };
    let pages: BTreeSet<String> = [below(""), below("consumers/")]
        .concat()
        .into_iter()
        .collect();
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

#[test]
fn each_page_begins_with_what_its_reader_has_at_its_end() {
    for page in pages() {
        let text = fs::read_to_string(root().join("docs").join(&page)).unwrap();
        // Behind the title, and the comment of a page that is generated.
        let mut lines = text.lines().skip(1);
        let begin = lines.find(|line| !line.is_empty() && !line.starts_with("<!--"));
        let is_index = page == "README.md";
        assert!(
            is_index || begin.is_some_and(|begin| begin.starts_with("At the end of ")),
            "docs/{page}: what has its reader at its end?"
        );
    }
}

#[test]
fn each_page_is_in_the_index() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for page in pages() {
        let link = format!("]({page})");
        assert!(page == "README.md" || index.contains(&link), "{page}");
    }
}

#[test]
fn each_link_leads_to_a_page_and_to_a_heading_of_it() {
    let docs = pages().into_iter().map(|page| format!("docs/{page}"));
    let others = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "infra/README.md",
    ];
    let mut links = 0;
    for page in docs.chain(others.map(str::to_owned)) {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        let folder = Path::new(&page).parent().unwrap();
        for part in without_code(&text).split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                root().join(&page)
            } else {
                root().join(folder).join(file)
            };
            assert!(path.exists(), "{page}: {target}");
            if !heading.is_empty() {
                let text = fs::read_to_string(path).unwrap();
                let has_it = headings(&text).any(|known| known == heading);
                assert!(has_it, "{page}: {target} has no such heading");
            }
            links += 1;
        }
    }
    assert!(links > 150, "{links}");
}

/// A page without its blocks of code.
fn without_code(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The headings as GitHub names them in links.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let text = without_code(text);
    let lines: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .collect();
    lines.into_iter().map(|heading| {
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[test]
fn the_readme_shows_a_result_on_its_first_screen() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let line = readme
        .lines()
        .position(|line| line.starts_with("{\"AlertTime\""));
    assert!(line.is_some_and(|line| line < SCREEN), "{line:?}");
    // Three ways to start, each of at most five commands.
    let (_, start) = readme.split_once("## Three ways to start\n").unwrap();
    let (start, _) = start.split_once("\n## ").unwrap();
    let blocks: Vec<usize> = start
        .split("```sh\n")
        .skip(1)
        .map(|block| {
            let (commands, _) = block.split_once("```").unwrap();
            commands.replace("\\\n", "").lines().count()
        })
        .collect();
    assert_eq!(blocks.len(), 3);
    assert!(blocks.iter().all(|count| *count <= 5), "{blocks:?}");
}
