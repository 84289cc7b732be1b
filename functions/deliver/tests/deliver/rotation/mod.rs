//! A file that is rotated while it is delivered: by rename or by copy and truncate, while the
//! target is down, a request is under way, or nobody looks.
#![cfg(unix)]

mod gone;
mod known;
mod names;
mod nothing_delivered;
mod numbers;
mod others;
mod packed;
mod quiet;
mod random;
mod refused;
mod unfit;
mod world;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;

use drawbridge_deliver::file::{FileError, Undelivered};
use sha2::{Digest as _, Sha256};

use world::{Files, LIVE, World, line, lines};

const MARK: &str = "siem.ndjson.kept.offset";

type Rotation = (&'static str, fn(&Files));

/// What logrotate makes of the file, by its settings.
const ROTATIONS: [Rotation; 6] = [
    ("nocreate, delaycompress", Files::rename),
    ("create, delaycompress", |files| {
        files.rename();
        files.create();
    }),
    ("create, compress", |files| {
        files.rename();
        files.create();
        files.pack("siem.ndjson.1");
    }),
    ("dateext, extension", |files| {
        files.rename_to("siem-20260102.ndjson");
    }),
    ("copytruncate", Files::copy_and_truncate),
    ("copytruncate, compress", |files| {
        files.copy_and_truncate();
        files.pack("siem.ndjson.1");
    }),
];

/// What comes is the rest of the old file, and then the new one.
#[tokio::test]
async fn while_the_target_is_down_the_rest_of_the_old_file_waits() {
    for (how, rotate) in ROTATIONS {
        for is_restarted in [false, true] {
            let mut world = World::down(3, 4).await;
            rotate(&world.files);
            if is_restarted {
                world.end();
            } else {
                world.run().await.unwrap();
            }
            world.files.append(7..12);
            world.run_well().await;
            assert_eq!(world.came(), lines(0..12), "{how}");
            world.end();
            world.run_well().await;
            assert_eq!(world.came(), lines(0..12), "{how}");
        }
    }
}

#[tokio::test]
async fn while_a_request_is_under_way() {
    for (how, rotate) in ROTATIONS {
        let mut world = World::after(3).await;
        world.files.append(3..10);
        world.meanwhile(move |files| {
            rotate(files);
            files.append(10..13);
        });
        world.run_well().await;
        assert_eq!(world.came(), lines(0..13), "{how}");
    }
}

#[tokio::test]
async fn while_a_request_is_under_way_that_fails() {
    for (how, rotate) in ROTATIONS {
        let mut world = World::after(3).await;
        world.files.append(3..10);
        world.target_is_down(true);
        world.meanwhile(move |files| {
            rotate(files);
            files.append(10..13);
        });
        world.run().await.unwrap();
        world.end();
        world.run_well().await;
        assert_eq!(world.came(), lines(0..13), "{how}");
    }
}

/// What was never delivered from is found again, too.
#[tokio::test]
async fn before_anything_was_delivered() {
    for (how, rotate) in ROTATIONS {
        let mut world = World::new();
        world.files.append(0..5);
        world.target_is_down(true);
        world.run().await.unwrap();
        world.end();
        rotate(&world.files);
        world.files.append(5..9);
        world.run_well().await;
        assert_eq!(world.came(), lines(0..9), "{how}");
    }
}

#[tokio::test]
async fn what_is_held_open_may_be_removed() {
    let mut world = World::down(3, 4).await;
    for n in 0..3 {
        world.files.rename();
        world.files.append(7 + n..8 + n);
        world.delivery().look().await.unwrap();
        world.files.remove("siem.ndjson.1");
    }
    world.run_well().await;
    assert_eq!(world.came(), lines(0..10));
}

/// Who ends the command then has to know.
#[tokio::test]
async fn what_is_held_open_and_removed_is_told_at_the_end() {
    let mut world = World::down(3, 4).await;
    let bytes = world.files.len(LIVE) / 7 * 4;
    world.files.rename();
    let old = world.files.path("siem.ndjson.1");
    let left = |is_gone, place: &std::path::Path| {
        vec![Undelivered {
            place: place.display().to_string(),
            bytes,
            is_gone,
            is_packed_otherwise: false,
        }]
    };
    assert_eq!(world.delivery().left().unwrap(), left(false, &old));
    world.files.pack("siem.ndjson.1");
    let live = world.files.path(LIVE);
    assert_eq!(world.delivery().left().unwrap(), left(false, &live));
    world.files.remove("siem.ndjson.1.gz");
    assert_eq!(world.delivery().left().unwrap(), left(true, &live));
}

#[tokio::test]
async fn several_rotations_while_nobody_looks_are_delivered_in_order() {
    for (how, rotate) in ROTATIONS {
        let mut world = World::down(3, 4).await;
        world.end();
        for n in 0..4 {
            if how.contains("dateext") {
                world.files.rename_to(&format!("siem-2026010{n}.ndjson"));
            } else {
                rotate(&world.files);
            }
            world.files.append(7 + n..8 + n);
        }
        world.run_well().await;
        assert_eq!(world.came(), lines(0..11), "{how}");
    }
}

/// The same of a process that is there, but does not look in between.
#[tokio::test]
async fn several_rotations_between_two_looks_are_delivered_in_order() {
    for (how, rotate) in ROTATIONS
        .into_iter()
        .filter(|(how, _)| !how.contains("date"))
    {
        let mut world = World::down(3, 4).await;
        for n in 0..4 {
            rotate(&world.files);
            world.files.append(7 + n..8 + n);
        }
        world.run_well().await;
        assert_eq!(world.came(), lines(0..11), "{how}");
    }
}

#[tokio::test]
async fn of_several_rotations_the_one_that_is_missing_is_named() {
    let mut world = World::down(3, 4).await;
    world.end();
    for n in 0..4 {
        world.files.rename();
        world.files.append(7 + n..8 + n);
    }
    let away = world.files.path("away");
    fs::rename(world.files.path("siem.ndjson.2"), &away).unwrap();
    world.target_is_down(false);
    let gap = world.run().await.unwrap_err();
    assert!(matches!(gap, FileError::Gap { number: 2, .. }), "{gap}");
    assert!(
        gap.to_string()
            .contains("siem.ndjson.4, and the file with number 2"),
        "{gap}"
    );
    assert_eq!(world.came(), lines(0..3));
    fs::rename(away, world.files.path("siem.ndjson.2")).unwrap();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..11));
}

#[tokio::test]
async fn a_rotated_file_that_is_gone_is_named_with_the_bytes_that_are_left() {
    let mut world = World::down(3, 4).await;
    let bytes = world.files.len(LIVE);
    world.end();
    world.files.rename();
    world.files.append(7..9);
    let away = world.files.path("away");
    fs::copy(world.files.path("siem.ndjson.1"), &away).unwrap();
    world.files.remove("siem.ndjson.1");
    let gone = world.run().await.unwrap_err();
    let FileError::Gone { offset, left, .. } = gone else {
        panic!("{gone}");
    };
    assert_eq!((offset, left), (bytes / 7 * 3, bytes / 7 * 4));
    let said = gone.to_string();
    assert!(said.contains(&format!("at least {left} bytes")), "{said}");
    assert!(
        said.contains("siem.ndjson was removed") && said.contains(MARK),
        "{said}"
    );
    // It does as it says.
    fs::rename(&away, world.files.path("siem.ndjson.1")).unwrap();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..9));
}

#[tokio::test]
async fn who_deletes_the_mark_begins_at_the_beginning() {
    let mut world = World::after(3).await;
    world.end();
    world.files.remove(LIVE);
    world.files.append(3..5);
    assert!(matches!(
        world.run().await,
        Err(FileError::Gone { left: 0, .. })
    ));
    world.end();
    world.files.remove(MARK);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..5));
}

#[tokio::test]
async fn a_file_packed_in_another_way_is_named() {
    let mut world = World::down(3, 4).await;
    world.end();
    for n in 0..2 {
        world.files.rename();
        world.files.append(7 + n..8 + n);
    }
    let plain = world.files.path("siem.ndjson.1");
    let packed = world.files.path("siem.ndjson.1.zst");
    fs::rename(&plain, &packed).unwrap();
    let odd = world.run().await.unwrap_err();
    assert!(
        odd.to_string()
            .contains("siem.ndjson.1.zst is not delivered"),
        "{odd}"
    );
    fs::rename(&packed, &plain).unwrap();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..9));
}

/// It is never read from the middle of a line, nor from its middle at all.
#[tokio::test]
async fn a_file_that_was_truncated_without_a_copy_is_named_even_if_it_has_grown_again() {
    for (is_restarted, grown) in [(false, 0), (false, 2), (false, 20), (true, 0), (true, 20)] {
        let mut world = World::down(3, 4).await;
        let bytes = world.files.len(LIVE);
        if is_restarted {
            world.end();
        }
        world.files.truncate_to(0);
        // Lines of another length.
        world.files.append(1_000..1_000 + grown);
        world.target_is_down(false);
        let gone = world.run().await.unwrap_err();
        let FileError::Gone { what, left, .. } = gone else {
            panic!("{gone}");
        };
        assert_eq!((what, left), ("was truncated or replaced", bytes / 7 * 4));
        assert_eq!(world.came(), lines(0..3));
    }
}

/// `poll` died amid a write: when it writes on, it cuts off the half a line, and writes that record again. Before, the
/// half was called lost.
#[tokio::test]
async fn half_a_line_that_poll_cuts_off_is_not_missed() {
    for (is_restarted, is_down) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut world = World::after(3).await;
        world.target_is_down(is_down);
        world.files.append(3..5);
        let whole = world.files.len(LIVE);
        world
            .files
            .write("half of a long line that is never written to its end");
        world.run().await.unwrap();
        if is_restarted {
            world.end();
        }
        world.files.truncate_to(whole);
        world.files.append(5..6);
        world.target_is_down(false);
        let report = world.run().await.unwrap();
        assert_eq!(report.lost, []);
        assert_eq!(world.came(), lines(0..6));
    }
}

/// The copy was made before the last lines were written; what was seen of them is told.
#[tokio::test]
async fn bytes_that_were_written_between_copy_and_truncation_are_named() {
    for is_restarted in [false, true] {
        let mut world = World::after(3).await;
        world.files.append(3..5);
        fs::copy(world.files.path(LIVE), world.files.path("siem.ndjson.1")).unwrap();
        world.files.append(5..7);
        world.target_is_down(true);
        world.run().await.unwrap();
        let bytes = world.files.len(LIVE) / 7 * 2;
        world.files.truncate_to(0);
        world.files.append(7..9);
        if is_restarted {
            world.end();
        }
        world.target_is_down(false);
        let report = world.run().await.unwrap();
        let place = world.files.path(LIVE).display().to_string();
        let lost = Undelivered {
            place,
            bytes,
            is_gone: true,
            is_packed_otherwise: false,
        };
        assert_eq!(report.lost, [lost]);
        let mut expected = lines(0..5);
        expected.extend(lines(7..9));
        assert_eq!(world.came(), expected);
        assert_eq!(world.run_well().await.delivered, 0);
    }
}

#[tokio::test]
async fn bytes_that_are_cut_off_behind_the_position_are_named() {
    let mut world = World::down(3, 4).await;
    let bytes = world.files.len(LIVE) / 7;
    world.files.truncate_to(bytes * 5);
    world.target_is_down(false);
    let report = world.run().await.unwrap();
    assert_eq!(report.lost[0].bytes, bytes * 2);
    assert_eq!(world.came(), lines(0..5));
}

/// Its writer has died, or writes the whole line into the new file.
#[tokio::test]
async fn half_a_line_is_never_sent_and_put_aside_once_the_file_is_over() {
    let half = "{\"AlertId\":\"a\",\"Fu";
    for is_restarted in [false, true] {
        let mut world = World::after(3).await;
        world.files.write(half);
        assert_eq!(world.run_well().await.delivered, 0);
        world.files.rename();
        // It may still be written to: nobody has begun the new one.
        assert_eq!(world.run_well().await.refused, 0);
        world.files.create();
        assert_eq!(world.run_well().await.refused, 0);
        if is_restarted {
            world.end();
        }
        world.files.append(3..6);
        assert_eq!(world.run_well().await.refused, 1);
        assert_eq!(world.came(), lines(0..6));
        assert_eq!(world.files.aside(), [half]);
    }
}

#[tokio::test]
async fn a_line_that_is_ended_after_the_rename_is_delivered() {
    let mut world = World::after(3).await;
    let (begin, end) = ("{\"AlertId\":\"a\",", "\"Severity\":\"Low\"}");
    world.files.write(begin);
    let mut writer = File::options()
        .append(true)
        .open(world.files.path(LIVE))
        .unwrap();
    world.files.rename();
    world.run_well().await;
    std::io::Write::write_all(&mut writer, format!("{end}\n").as_bytes()).unwrap();
    world.files.append(3..4);
    assert_eq!(world.run_well().await.refused, 0);
    let mut expected = lines(0..3);
    expected.extend([format!("{begin}{end}"), line(3)]);
    assert_eq!(world.came(), expected);
}

#[tokio::test]
async fn a_file_of_another_output_is_not_taken_for_a_rotated_one() {
    let mut world = World::after(3).await;
    world.end();
    for name in [
        "siem-2.ndjson",
        "siem.old.ndjson",
        "native.ndjson.1",
        "siem.ndjson.d.offset",
    ] {
        fs::write(world.files.path(name), "{\"MARKER\":1}\n").unwrap();
    }
    world.files.rename_to("elsewhere");
    world.files.append(3..5);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..5));
}

#[tokio::test]
async fn a_link_in_the_place_of_the_file_is_refused() {
    let mut world = World::after(3).await;
    let secret = world.files.path("secret");
    fs::write(&secret, "MARKER\n").unwrap();
    world.files.rename();
    std::os::unix::fs::symlink(&secret, world.files.path(LIVE)).unwrap();
    let link = world.run().await.unwrap_err();
    assert!(
        link.to_string().contains("siem.ndjson cannot be read"),
        "{link}"
    );
    assert!(link.to_string().contains("symbolic link"), "{link}");
    world.files.remove(LIVE);
    world.files.append(3..5);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..5));
}

#[tokio::test]
async fn the_mark_is_private() {
    let world = World::after(3).await;
    for name in [MARK, "siem.ndjson.kept.lock"] {
        let mode = fs::metadata(world.files.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// As an older release wrote it, with the digest of the first 1024 bytes before the position.
#[tokio::test]
async fn a_mark_of_an_older_release_is_read() {
    for count in [3, 40] {
        let not: fn(&Files) = |_| {};
        for rotate in [not, Files::rename, Files::copy_and_truncate] {
            let mut world = World::new();
            world.files.append(0..count);
            let text = fs::read(world.files.path(LIVE)).unwrap();
            let head = hex::encode(Sha256::digest(&text[..text.len().min(1024)]));
            let mark = serde_json::json!({"offset": text.len(), "head": head}).to_string();
            fs::write(world.files.path(MARK), mark).unwrap();
            world.files.append(count..count + 2);
            rotate(&world.files);
            world.files.append(count + 2..count + 4);
            world.run_well().await;
            assert_eq!(world.came(), lines(count..count + 4));
        }
    }
}
