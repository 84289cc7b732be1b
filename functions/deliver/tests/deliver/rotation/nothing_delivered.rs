//! A file that is rotated before anything of it was delivered.

use drawbridge_deliver::file::FileError;

use super::world::{Files, World, lines};

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

/// Nothing says whether it was delivered in another way.
#[tokio::test]
async fn what_was_rotated_before_is_named_where_there_is_nothing_else() {
    for (is_created, what) in [(false, "does not exist"), (true, "is empty")] {
        for is_named_by_hand in [false, true] {
            let mut world = World::new();
            world.files.append(0..6);
            let name = match is_named_by_hand {
                true => "siem.ndjson.old",
                false => "siem.ndjson.1",
            };
            world.files.rename_to(name);
            if is_created {
                world.files.create();
            }
            for _ in 0..2 {
                let rotated = world.run().await.unwrap_err();
                assert!(matches!(rotated, FileError::Rotated { .. }), "{rotated}");
                let said = rotated.to_string();
                assert!(said.contains(what) && said.contains(name), "{said}");
            }
            world.files.append(6..8);
            world.run_well().await;
            assert_eq!(world.came(), lines(6..8));
        }
    }
}

/// What came since is delivered, and what was there before is named as long as there is no new file.
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
            world.run().await.unwrap_err();
            if is_restarted {
                world.end();
            }
            world.files.append(6..9);
            world.files.rename();
            if is_created {
                world.files.create();
            }
            let named = world.run().await.unwrap().trouble.unwrap();
            assert!(matches!(named, FileError::Rotated { .. }), "{named}");
            assert!(named.to_string().contains("siem.ndjson.2"), "{named}");
            assert_eq!(world.came(), lines(6..9));
            for _ in 0..2 {
                world.end();
                let named = world.run().await.unwrap_err();
                assert!(matches!(named, FileError::Rotated { .. }), "{named}");
            }
            world.files.pack("siem.ndjson.2");
            world.files.append(9..11);
            world.run_well().await;
            world.end();
            world.run_well().await;
            assert_eq!(world.came(), lines(6..11));
        }
    }
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
