//! Every input of the corpus, old finds included, against its target.

use std::fs;
use std::path::Path;

use drawbridge_hostile::TARGETS;

#[test]
fn the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let mut inputs: Vec<_> = fs::read_dir(corpus.join(name))
            .unwrap_or_else(|error| panic!("corpus/{name}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(inputs.len() >= 5, "corpus/{name} holds next to nothing");
        for input in inputs {
            // The last line before a failure says which input it was.
            println!("{}", input.display());
            target(&fs::read(&input).unwrap());
        }
    }
}

/// Cut anywhere, and with any byte changed, an input still harms nothing.
#[test]
fn cut_and_changed_inputs_hold() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        for entry in fs::read_dir(corpus.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let mut input = fs::read(&path).unwrap();
            if input.len() > 4096 {
                continue;
            }
            println!("{}", path.display());
            let step = (input.len() / 64).max(1);
            for at in (0..input.len()).step_by(step) {
                target(&input[..at]);
                for byte in [0, b'"', b'\\', b'{', b']', 0xff] {
                    let old = std::mem::replace(&mut input[at], byte);
                    target(&input);
                    input[at] = old;
                }
            }
        }
    }
}

/// Depth costs no stack, whatever is nested where.
#[test]
fn deep_nesting_ends_in_an_answer() {
    for depth in [100, 128, 200, 100_000] {
        let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for deep in [arrays, objects] {
            for input in [
                deep.clone(),
                format!(r#"{{"id":"da1","x":{deep}}}"#),
                format!(
                    r#"{{"id":"da1","evidence":[{{"x":{deep},"@odata.type":"fileEvidence"}}]}}"#
                ),
                format!(
                    r#"{{"id":"da1","evidence":[{{"@odata.type":"fileEvidence","fileDetails":{deep}}}]}}"#
                ),
                format!(r#"{{"value":[{deep}],"@odata.nextLink":{deep}}}"#),
                format!(r#"{{"version":1,"unread":{deep}}}"#),
                format!(r#"{{"version":1,"backfills":{{"a":{{"ranges":{deep}}}}}}}"#),
                format!(r#"{{"tenant":{deep}}}"#),
                format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{deep}}}"#),
                format!(r#"[{{"name":"a","cloud":{deep}}}]"#),
            ] {
                for (_, target) in TARGETS {
                    target(input.as_bytes());
                }
            }
        }
    }
}
