//! What was delivered is known whatever it is called and however old it looks, and all else is delivered.

use std::fs;

use drawbridge_deliver::file::FileError;

use super::MARK;
use super::world::{Files, LIVE, World, line, lines};

fn once_each(world: &World, count: usize) {
    let mut came = world.came();
    came.sort();
    let mut expected = lines(0..count);
    expected.sort();
    assert_eq!(came, expected);
}

#[tokio::test]
async fn a_clock_that_is_set_back_loses_nothing() {
    let ways: [&[fn(&Files)]; 4] = [
        &[
            |files| files.rename_to("siem.ndjson.old"),
            |files| files.rename_to("siem.ndjson.prev"),
            |files| files.rename_to("siem.ndjson.before"),
        ],
        &[
            |files| files.rename_to("siem.ndjson-30112026"),
            |files| files.rename_to("siem.ndjson-01122026"),
        ],
        &[
            |files| {
                files.rename();
                files.pack("siem.ndjson.1");
            },
            Files::rename_beside_packed,
            Files::rename_beside_packed,
        ],
        &[Files::rename, Files::rename, Files::rename],
    ];
    for rotations in ways {
        for is_restarted in [false, true] {
            for is_down in [false, true] {
                let mut world = match is_down {
                    true => World::down(3, 4).await,
                    false => World::after(7).await,
                };
                if is_restarted {
                    world.end();
                }
                for (n, rotate) in rotations.iter().enumerate() {
                    rotate(&world.files);
                    world.files.set_clock_back(1_000);
                    world.files.append(7 + n..8 + n);
                }
                world.run_well().await;
                once_each(&world, 7 + rotations.len());
                world.end();
                assert_eq!(world.run_well().await.delivered, 0);
            }
        }
    }
}

/// `cp -p`, a backup that was put back, and file systems that count seconds.
#[tokio::test]
async fn files_of_one_time_are_delivered_once() {
    for names in [
        ["siem.ndjson.old", "siem.ndjson.prev", "siem.ndjson_3"],
        [
            "siem.ndjson-20261130",
            "siem.ndjson-20261129",
            "siem.ndjson.1",
        ],
        ["siem.ndjson.1", "siem.ndjson.2", "siem.ndjson.3"],
        ["siem.ndjson.3", "siem.ndjson.2", "siem.ndjson.1"],
    ] {
        for is_restarted in [false, true] {
            let mut world = World::new();
            world.files.stop_clock();
            world.files.append(0..3);
            world.run_well().await;
            let mut written = 3;
            for name in names {
                world.files.rename_to(name);
                world.files.append(written..written + 2);
                written += 2;
                if is_restarted {
                    world.run_well().await;
                    world.end();
                }
            }
            for _ in 0..4 {
                world.run_well().await;
                world.end();
            }
            once_each(&world, written);
        }
    }
}

#[tokio::test]
async fn copies_of_what_is_delivered_or_held_are_nothing_new() {
    for is_restarted in [false, true] {
        let mut world = World::after(3).await;
        world.files.copy(LIVE, "siem.ndjson.bak");
        let mut written = 3;
        for n in 0..4 {
            world.files.append(written..written + 3);
            written += 3;
            // Half of it, as while it is copied.
            let text = fs::read(world.files.path(LIVE)).unwrap();
            fs::write(
                world.files.path("siem.ndjson.half"),
                &text[..text.len() / 2],
            )
            .unwrap();
            world.target_is_down(n % 2 == 0);
            world.run().await.unwrap();
            world.files.copy(LIVE, "siem.ndjson.bak");
            if is_restarted {
                world.end();
            }
            world.files.rename();
            world
                .files
                .copy("siem.ndjson.1", &format!("siem.ndjson.1.{n}"));
            world.files.append(written..written + 1);
            written += 1;
            world.run_well().await;
            let old = fs::read(world.files.path("siem.ndjson.1")).unwrap();
            fs::write(world.files.path("siem.ndjson.part"), &old[..old.len() / 2]).unwrap();
            world.run_well().await;
        }
        for n in 1..4 {
            world.files.remove(&format!("siem.ndjson.{n}"));
            world.end();
            world.run_well().await;
        }
        assert_eq!(world.came(), lines(0..written));
    }
}

/// The live file is lost; a nightly copy of it has some of what was not delivered.
#[tokio::test]
async fn what_only_a_copy_has_is_delivered() {
    for is_restarted in [false, true] {
        let mut world = World::down(3, 4).await;
        world.files.copy(LIVE, "siem.ndjson.bak");
        if is_restarted {
            world.end();
        }
        world.files.remove(LIVE);
        world.files.append(7..9);
        world.run_well().await;
        world.end();
        world.run_well().await;
        assert_eq!(world.came(), lines(0..9));
    }
}

/// Its end was cut off before it was delivered, but not that of its copy.
#[tokio::test]
async fn what_only_a_longer_copy_has_is_delivered() {
    for is_restarted in [false, true] {
        let mut world = World::down(3, 4).await;
        world.files.copy(LIVE, "siem.ndjson.bak");
        let bytes = world.files.len(LIVE) / 7 * 5;
        world.files.truncate_to(bytes);
        if is_restarted {
            world.end();
        }
        world.target_is_down(false);
        world.run().await.unwrap();
        assert_eq!(world.came(), lines(0..7));
        world.files.rename();
        world.files.append(7..9);
        world.run().await.unwrap();
        world.end();
        world.run_well().await;
        assert_eq!(world.came(), lines(0..9));
    }
}

/// They have the same number for another reason: logrotate packed once, and then no more.
#[tokio::test]
async fn a_damaged_packed_file_is_named_beside_another_one_of_its_number() {
    // Its head alone, and half of it.
    for is_head in [true, false] {
        let mut world = World::down(3, 4).await;
        world.end();
        world.files.rename_to("siem.ndjson-20261128");
        world.files.append(7..300);
        world.files.rename_to("siem.ndjson.1");
        world.files.pack("siem.ndjson.1");
        let packed = world.files.path("siem.ndjson.1.gz");
        let bytes = fs::read(&packed).unwrap();
        let left = if is_head { 12 } else { bytes.len() / 2 };
        fs::write(&packed, &bytes[..left]).unwrap();
        world.files.append(300..302);
        world.files.rename_to("siem.ndjson.1");
        world.files.append(302..303);
        world.target_is_down(false);
        let damaged = world.run().await.unwrap_err();
        assert!(matches!(damaged, FileError::Damaged { .. }), "{damaged}");
        fs::write(&packed, bytes).unwrap();
        world.run_well().await;
        once_each(&world, 303);
    }
}

/// What was there before is not touched, and no program's notes are in the way for ever.
#[tokio::test]
async fn what_is_no_file_of_records_and_was_there_at_first_is_left_alone() {
    let mut world = World::new();
    world.files.append(0..2);
    let elsewhere = tempfile::tempdir().unwrap();
    let odd = [
        ("siem.ndjson.pos", "/var/lib/siem.ndjson\t0001\n"),
        ("siem.ndjson.9.gz", "this is not packed"),
        ("siem.ndjson.8.zst", "nor is this"),
    ];
    for (name, text) in odd {
        fs::write(world.files.path(name), text).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.path(), world.files.path("siem.ndjson.7")).unwrap();
    world.run_well().await;
    for n in 2..5 {
        world.files.rename();
        let pos = world.files.path("siem.ndjson.pos");
        fs::write(pos, format!("/var/lib/siem.ndjson\t{n}\n")).unwrap();
        world.files.append(n..n + 1);
        world.end();
        world.run_well().await;
    }
    assert_eq!(world.came(), lines(0..5));
    // Once it holds records, they are delivered.
    fs::write(world.files.path("siem.ndjson.pos"), line(5) + "\n").unwrap();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..6));
}

/// Those that are removed are forgotten.
#[tokio::test]
async fn the_checkpoint_does_not_grow_for_ever() {
    let mut world = World::after(1).await;
    for n in 1..40 {
        world.files.rename();
        world.files.keep(4);
        world.files.append(n..n + 1);
        world.run_well().await;
    }
    let mark = fs::read(world.files.path(MARK)).unwrap();
    let mark: serde_json::Value = serde_json::from_slice(&mark).unwrap();
    let known = mark["known"].as_array().unwrap().len();
    assert!((4..=6).contains(&known), "{known}");
    assert_eq!(world.came(), lines(0..40));
}

/// An older release knew a position alone, and delivered what was written to before.
#[tokio::test]
async fn a_checkpoint_of_the_last_release_says_that_older_files_are_delivered() {
    for has_time in [false, true] {
        for is_rotated in [false, true] {
            let mut world = World::new();
            for n in 0..3 {
                world.files.append(n..n + 1);
                world.files.rename_to(&format!("siem.ndjson-2026110{n}"));
            }
            world.files.append(3..6);
            world.target_is_down(true);
            world.run().await.unwrap();
            world.end();
            let mark = world.files.path(MARK);
            let now: serde_json::Value = serde_json::from_slice(&fs::read(&mark).unwrap()).unwrap();
            let mut old = now["under_way"][0].clone();
            if has_time {
                let modified = fs::metadata(world.files.path(LIVE)).unwrap().modified();
                old["modified"] = serde_json::to_value(modified.unwrap()).unwrap();
            }
            fs::write(&mark, old.to_string()).unwrap();
            if is_rotated {
                world.files.rename_to("siem.ndjson.1");
                world.files.append(6..7);
                world.files.rename_to("siem.ndjson.old");
            } else {
                world.files.append(6..7);
            }
            for _ in 0..2 {
                world.run_well().await;
                world.end();
            }
            assert_eq!(world.came(), lines(3..7));
        }
    }
}

/// The last batch was delivered and nothing noted, or all was and the file is packed and has another name.
#[tokio::test]
async fn who_is_killed_delivers_at_most_the_last_batch_again() {
    let mut world = World::after(2).await;
    let mark = world.files.path(MARK);
    let mut before = fs::read(&mark).unwrap();
    let mut came = 2;
    for n in 0..6 {
        world.files.append(came..came + 2);
        if n % 2 == 0 {
            world.files.rename();
            world.files.create();
        }
        world.run_well().await;
        let after = fs::read(&mark).unwrap();
        // As if it had died before the checkpoint was written.
        world.end();
        fs::write(&mark, before).unwrap();
        world.run_well().await;
        came += 2;
        before = after;
        let mut all = world.came();
        let twice = all.len() - came;
        assert!(twice <= 2 * (n + 1), "{twice}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), came);
        world.end();
    }
}
