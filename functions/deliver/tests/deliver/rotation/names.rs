//! Whatever a rotated file is called: it is delivered in order of time, or named.

use std::fs;
use std::os::unix::fs::symlink;

use drawbridge_deliver::file::FileError;

use super::world::{Files, LIVE, World, lines};

/// Names that files are given one after the other.
const NAMES: [&[&str]; 9] = [
    // logrotate's dateformat of weeks and months, of days that do not sort, and a format that was changed.
    &["siem.ndjson-202647", "siem.ndjson-202648"],
    &["siem-202611.ndjson", "siem-202612.ndjson"],
    &["siem.ndjson-30112026", "siem.ndjson-01122026"],
    &["siem.ndjson-20261129", "siem.ndjson-2026-11-30"],
    &["siem.ndjson-20261129", "siem.ndjson-1796004630"],
    &["siem.ndjson.1", "siem.1.ndjson", "siem-20261129.ndjson"],
    // By hand.
    &["siem.ndjson.old", "siem.ndjson.old2"],
    &["siem.ndjson.1", "siem.ndjson.2", "siem.ndjson.3"],
    &[
        "siem.ndjson.2",
        "siem.ndjson.1",
        "siem.ndjson_before-the-move",
    ],
];

#[tokio::test]
async fn names_that_do_not_tell_the_order_lose_nothing() {
    for names in NAMES {
        for is_restarted in [false, true] {
            let mut world = World::down(3, 4).await;
            if is_restarted {
                world.end();
            }
            for (n, name) in names.iter().enumerate() {
                world.files.rename_to(name);
                world.files.append(7 + n..8 + n);
            }
            world.run_well().await;
            assert_eq!(world.came(), lines(0..7 + names.len()), "{names:?}");
            assert_eq!(world.run_well().await.delivered, 0, "{names:?}");
        }
    }
}

/// What has the same number packed and plain are two files once logrotate packs no more.
#[tokio::test]
async fn settings_of_compression_may_change() {
    let packed: fn(&Files) = |files| {
        files.rename();
        files.pack("siem.ndjson.1");
    };
    let plain: fn(&Files) = Files::rename_beside_packed;
    for ways in [
        &[packed, plain][..],
        &[packed, packed, plain],
        &[packed, plain, plain],
    ] {
        for is_restarted in [false, true] {
            let mut world = World::down(3, 4).await;
            if is_restarted {
                world.end();
            }
            for (n, rotate) in ways.iter().enumerate() {
                rotate(&world.files);
                world.files.append(7 + n..8 + n);
            }
            world.run_well().await;
            assert_eq!(world.came(), lines(0..7 + ways.len()), "{}", ways.len());
        }
    }
}

/// An empty file was packed: it is not the beginning of the next one, and no number is missing.
#[tokio::test]
async fn an_empty_packed_file_is_no_part_of_the_plain_one() {
    let mut world = World::after(1).await;
    world.end();
    world.files.rename();
    world.files.create();
    world.files.rename();
    world.files.pack("siem.ndjson.1");
    world.files.append(1..2);
    world.files.rename_beside_packed();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..2));
}

/// Half of it is packed, with many lines: the plain one is whole.
#[tokio::test]
async fn a_file_that_is_being_packed_comes_once() {
    for is_found in [false, true] {
        let mut world = World::down(3, 297).await;
        world.end();
        world.files.rename();
        world.files.append(300..500);
        if !is_found {
            world.files.rename();
            world.files.append(500..510);
        }
        let text = fs::read(world.files.path("siem.ndjson.1")).unwrap();
        world.files.pack("siem.ndjson.1");
        let packed = world.files.path("siem.ndjson.1.gz");
        let bytes = fs::read(&packed).unwrap();
        fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
        fs::write(world.files.path("siem.ndjson.1"), text).unwrap();
        world.run_well().await;
        let all = if is_found { 500 } else { 510 };
        assert_eq!(world.came(), lines(0..all));
    }
}

/// Put back by hand, it is younger than what was rotated after it.
#[tokio::test]
async fn a_file_that_was_put_back_is_not_taken_for_the_last_one() {
    let mut world = World::down(3, 4).await;
    world.end();
    let first = world.files.path("siem.ndjson-202647");
    world.files.rename_to("siem.ndjson-202647");
    world.files.append(7..9);
    world.files.rename_to("siem.ndjson-202648");
    world.files.append(9..11);
    let text = fs::read(&first).unwrap();
    world.files.remove("siem.ndjson-202647");
    fs::write(world.files.path("siem.ndjson.1"), text).unwrap();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..11));
}

/// Half of one whose plain file is gone, and a plain one with a packed one's name.
#[tokio::test]
async fn a_file_that_cannot_be_unpacked_is_named_with_the_way_out() {
    for is_packed in [true, false] {
        let mut world = World::down(3, 4).await;
        world.end();
        world.files.rename();
        world.files.append(7..300);
        world.files.rename();
        world.files.append(300..302);
        let plain = world.files.path("siem.ndjson.1");
        let text = fs::read(&plain).unwrap();
        world.files.pack("siem.ndjson.1");
        let packed = world.files.path("siem.ndjson.1.gz");
        let bytes = fs::read(&packed).unwrap();
        let damaged = match is_packed {
            true => &bytes[..bytes.len() / 2],
            false => &text,
        };
        fs::write(&packed, damaged).unwrap();
        world.target_is_down(false);
        let error = match world.run().await {
            Ok(report) => report.trouble.unwrap(),
            Err(error) => error,
        };
        let said = error.to_string();
        assert!(
            said.contains("siem.ndjson.1.gz cannot be unpacked"),
            "{said}"
        );
        fs::remove_file(&packed).unwrap();
        fs::write(&plain, &text).unwrap();
        world.end();
        world.run_well().await;
        let mut came = world.came();
        came.sort();
        came.dedup();
        assert_eq!(came.len(), 302);
    }
}

#[tokio::test]
async fn a_file_that_may_be_none_of_records_is_named() {
    let mut world = World::down(3, 4).await;
    world.end();
    world.files.rename();
    world.files.append(7..9);
    fs::write(world.files.path("siem.ndjson.notes"), "MARKER\n").unwrap();
    let unclear = world.run().await.unwrap_err();
    assert!(matches!(unclear, FileError::Unclear { .. }), "{unclear}");
    let said = unclear.to_string();
    assert!(
        said.contains("siem.ndjson.notes may hold records"),
        "{said}"
    );
    assert!(!said.contains("MARKER"), "{said}");
    world.files.remove("siem.ndjson.notes");
    world.run_well().await;
    assert_eq!(world.came(), lines(0..9));
}

/// No link is followed, but one to a file that is there anyway is no matter.
#[tokio::test]
async fn a_link_with_the_name_of_a_rotated_file_is_named() {
    for name in ["siem.ndjson.0", "siem.ndjson-20261128"] {
        let mut world = World::down(3, 4).await;
        world.end();
        world.files.rename();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("MARKER");
        fs::write(&target, "x\n").unwrap();
        symlink(&target, world.files.path(name)).unwrap();
        symlink(
            world.files.path(LIVE),
            world.files.path("siem.ndjson.latest"),
        )
        .unwrap();
        world.files.append(7..9);
        let link = world.run().await.unwrap_err().to_string();
        assert!(link.contains(&format!("{name} cannot be read")), "{link}");
        assert!(link.contains("symbolic link"), "{link}");
        world.files.remove(name);
        world.run_well().await;
        assert_eq!(world.came(), lines(0..9));
    }
}
