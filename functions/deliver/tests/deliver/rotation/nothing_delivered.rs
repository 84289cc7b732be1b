//! A file that is rotated before anything of it was delivered.

use std::path::Path;

use drawbridge_deliver::file::FileError;

use super::world::{Files, LIVE, World, lines};

/// An empty file has nothing to be known by when it is truncated.
#[tokio::test]
async fn what_comes_between_two_looks_is_delivered_though_the_file_was_empty_or_missing_at_first() {
    let ways: [fn(&Files); 5] = [
        Files::copy_and_truncate,
        Files::rename,
        |files| {
            files.rename();
            files.create();
        },
        |files| {
            files.copy_and_truncate();
            files.pack("siem.ndjson.1");
        },
        |files| {
            files.rename();
            files.pack("siem.ndjson.1");
        },
    ];
    for rotate in ways {
        for (is_there, is_restarted) in [(false, false), (false, true), (true, false), (true, true)]
        {
            let mut world = World::new();
            if is_there {
                world.files.create();
                world.run_well().await;
            } else {
                let missing = world.run().await.unwrap_err();
                assert!(matches!(missing, FileError::Missing { .. }), "{missing}");
            }
            for n in 0..3 {
                world.files.append(n * 3..n * 3 + 3);
                rotate(&world.files);
            }
            world.files.append(9..11);
            if is_restarted {
                world.delivery().look().await.unwrap();
                world.end();
            }
            world.run_well().await;
            assert_eq!(world.came(), lines(0..11));
        }
    }
}

/// What is named as not delivered, with its bytes.
fn named(world: &mut World) -> Vec<(String, u64)> {
    let folder = world.files.path("");
    match world.delivery().check_older() {
        Ok(()) => Vec::new(),
        Err(FileError::Rotated { files }) => files
            .into_iter()
            .map(|file| {
                let name = Path::new(&file.place).strip_prefix(&folder).unwrap();
                (name.to_str().unwrap().to_owned(), file.bytes)
            })
            .collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Nothing says whether it was delivered in another way.
#[tokio::test]
async fn what_was_rotated_before_is_named_until_it_is_moved_away() {
    for is_created in [false, true] {
        for name in ["siem.ndjson.1", "siem.ndjson.old"] {
            for is_restarted in [false, true] {
                let mut world = World::new();
                world.files.append(0..6);
                let bytes = world.files.len(LIVE);
                world.files.rename_to(name);
                if is_created {
                    world.files.create();
                }
                // Until the new file has records, with them, and after its own rotation.
                for written in [None, Some(6..8), Some(8..9)] {
                    if let Some(written) = written {
                        world.files.append(written);
                    }
                    for _ in 0..2 {
                        world.run_well().await;
                        assert_eq!(named(&mut world), [(name.to_owned(), bytes)]);
                        if is_restarted {
                            world.end();
                        }
                    }
                    if world.came() == lines(6..8) {
                        world.files.rename_to("siem.ndjson-20261130");
                    }
                }
                world.run_well().await;
                let said = world.delivery().check_older().unwrap_err().to_string();
                let advice = format!("{name} is not delivered ({bytes} bytes)");
                assert!(said.contains(&advice) && said.contains("--file"), "{said}");
                world.files.remove(name);
                assert_eq!(named(&mut world), []);
                world.run_well().await;
                assert_eq!(world.came(), lines(6..9));
            }
        }
    }
}

/// Whoever writes to it still had it open.
#[tokio::test]
async fn what_is_written_to_a_file_from_before_is_delivered_and_the_rest_named() {
    let mut world = World::new();
    world.files.append(0..6);
    world.files.rename();
    world.run_well().await;
    world.files.rename_back("siem.ndjson.1");
    world.files.append(6..7);
    world.files.rename();
    world.files.append(7..8);
    world.run_well().await;
    assert_eq!(world.came(), lines(6..8));
    let bytes = world.files.len("siem.ndjson.1");
    for _ in 0..2 {
        world.run_well().await;
        assert_eq!(named(&mut world), [("siem.ndjson.1".to_owned(), bytes)]);
        world.end();
    }
}

/// Put back in the place of the file that is written to, it is delivered.
#[tokio::test]
async fn what_is_put_back_is_delivered_and_named_no_more() {
    let mut world = World::new();
    world.files.append(0..6);
    world.files.rename();
    world.run_well().await;
    assert_eq!(named(&mut world).len(), 1);
    world.end();
    world.files.rename_back("siem.ndjson.1");
    world.files.append(6..8);
    world.run_well().await;
    for _ in 0..2 {
        world.files.rename();
        world.files.create();
        world.run_well().await;
        assert_eq!(named(&mut world), []);
        world.end();
    }
    assert_eq!(world.came(), lines(0..8));
}

/// What came since is delivered, and what was there before is named under each name that it gets.
#[tokio::test]
async fn what_comes_since_is_delivered_though_one_from_before_is_named() {
    for is_created in [false, true] {
        for is_restarted in [false, true] {
            let mut world = World::new();
            world.files.append(0..6);
            world.files.rename();
            if is_created {
                world.files.create();
            }
            world.run_well().await;
            if is_restarted {
                world.end();
            }
            world.files.append(6..9);
            world.files.rename();
            if is_created {
                world.files.create();
            }
            for _ in 0..3 {
                world.run_well().await;
                assert_eq!(named(&mut world)[0].0, "siem.ndjson.2");
                assert_eq!(world.came(), lines(6..9));
                world.end();
            }
            world.files.pack("siem.ndjson.2");
            world.files.append(9..11);
            for _ in 0..2 {
                world.run_well().await;
                assert_eq!(named(&mut world)[0].0, "siem.ndjson.2.gz");
                world.end();
            }
            assert_eq!(world.came(), lines(6..11));
        }
    }
}

/// The new file has records, which are delivered meanwhile.
#[tokio::test]
async fn what_was_rotated_before_is_named_beside_records() {
    for is_restarted in [false, true] {
        let mut world = World::new();
        world.files.append(0..6);
        world.files.rename();
        world.files.append(6..8);
        world.files.rename();
        world.files.append(8..9);
        for _ in 0..2 {
            world.run_well().await;
            let named = named(&mut world).into_iter().map(|(name, _)| name);
            let named: Vec<String> = named.collect();
            assert_eq!(named, ["siem.ndjson.2", "siem.ndjson.1"]);
            if is_restarted {
                world.end();
            }
        }
        world.files.remove("siem.ndjson.1");
        world.files.remove("siem.ndjson.2");
        assert_eq!(named(&mut world), []);
        assert_eq!(world.came(), lines(8..9));
    }
}

/// A copy of what is delivered holds nothing else.
#[tokio::test]
async fn a_copy_of_the_first_file_is_not_named() {
    for is_grown in [false, true] {
        let mut world = World::new();
        world.files.append(0..6);
        world.files.copy(LIVE, "siem.ndjson.old");
        if is_grown {
            world.files.append(6..7);
        }
        world.run_well().await;
        assert_eq!(named(&mut world), []);
    }
}

/// Blank lines are nothing to know a file by, and nothing to deliver.
#[tokio::test]
async fn a_file_of_blank_lines_counts_as_an_empty_one() {
    let mut world = World::new();
    world.files.append(0..6);
    world.files.rename();
    world.files.write("\n  \n\n");
    for _ in 0..2 {
        assert_eq!(world.run_well().await.delivered, 0);
        assert_eq!(named(&mut world).len(), 1);
        world.end();
    }
    // Whoever wrote them begins anew.
    world.files.truncate_to(0);
    world.files.append(6..8);
    world.run_well().await;
    assert_eq!(world.came(), lines(6..8));
}

#[tokio::test]
async fn what_comes_after_a_first_look_at_nothing_is_delivered_by_another_process() {
    let mut world = World::new();
    let missing = world.run().await.unwrap_err();
    assert!(matches!(missing, FileError::Missing { .. }), "{missing}");
    world.end();
    world.files.append(0..3);
    world.files.rename();
    world.run_well().await;
    world.end();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..3));
}
