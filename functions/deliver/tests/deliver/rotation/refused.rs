//! A record that the target refuses, at the end of a file that is rotated: it holds up nothing for longer than until
//! a record of the next file is taken, and is not given up before.

use drawbridge_deliver::file::FileError;

use super::unfit::ecs_line;
use super::world::{LIVE, World, line, lines, refused_line};
use super::{MARK, ROTATIONS};

fn refused(world: &World, n: usize) {
    world.files.write(&format!("{}\n", refused_line(n)));
}

#[tokio::test]
async fn a_refused_record_at_the_end_of_a_rotated_file_holds_up_nothing() {
    for (how, rotate) in ROTATIONS {
        for is_restarted in [false, true] {
            let mut world = World::after(3).await;
            refused(&world, 99);
            let waits = world.run().await.unwrap();
            assert!(waits.later.is_some() && world.delivery().refuses_all());
            rotate(&world.files);
            if is_restarted {
                world.end();
            }
            // Nothing tells yet whether a setting is wrong or the record.
            assert!(world.run().await.unwrap().later.is_some(), "{how}");
            assert!(world.files.aside().is_empty(), "{how}");
            world.files.append(3..9);
            let report = world.run_well().await;
            assert_eq!((report.delivered, report.refused), (6, 1), "{how}");
            assert_eq!(world.came(), lines(0..9), "{how}");
            assert_eq!(world.files.aside(), [refused_line(99)], "{how}");
            world.end();
            world.run_well().await;
            assert_eq!(world.came(), lines(0..9), "{how}");
        }
    }
}

/// Some are refused at the end of each of several files, and at the beginning of the next one.
#[tokio::test]
async fn however_many_files_end_and_begin_with_refused_records() {
    let mut world = World::after(2).await;
    let mut written = 2;
    for file in 0..4 {
        for n in 0..5 {
            refused(&world, 100 * file + n);
        }
        world.run().await.unwrap();
        world.files.rename();
        refused(&world, 100 * file + 50);
        world.files.append(written..written + file % 2);
        written += file % 2;
    }
    world.files.append(written..written + 3);
    let report = world.run_well().await;
    assert_eq!(world.files.aside().len(), 24);
    assert_eq!(report.delivered, 5);
    let mut came = world.came();
    came.sort();
    assert_eq!(came, lines(0..7));
    world.end();
    assert_eq!(world.run_well().await.delivered, 0);
}

#[tokio::test]
async fn where_everything_is_refused_nothing_of_any_file_is_given_up() {
    let mut world = World::after(1).await;
    world.target_refuses_all(true);
    for n in 0..4 {
        world.files.append(1 + 2 * n..3 + 2 * n);
        world.files.rename();
        assert!(world.run().await.unwrap().later.is_some());
        world.end();
    }
    world.files.append(9..11);
    assert!(world.run().await.unwrap().later.is_some());
    assert!(world.files.aside().is_empty());
    world.target_refuses_all(false);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..11));
}

/// What was taken of a later file, to see whether the target takes any, does not come again after a restart.
#[tokio::test]
async fn what_was_tried_of_a_later_file_is_not_sent_twice() {
    let mut world = World::after(1).await;
    refused(&world, 99);
    world.files.rename();
    for n in 0..3 {
        refused(&world, 100 + n);
    }
    world.files.append(1..30);
    world.run_well().await;
    world.end();
    world.run_well().await;
    let mut came = world.came();
    came.sort();
    let mut all = lines(0..30);
    all.sort();
    assert_eq!(came, all);
    assert_eq!(world.files.aside().len(), 4);
}

/// Half a line lies between the refused record and the next file.
#[tokio::test]
async fn half_a_line_behind_the_refused_record_is_put_aside_as_well() {
    let mut world = World::after(1).await;
    refused(&world, 99);
    let half = &line(50)[..20];
    world.files.write(half);
    world.run().await.unwrap();
    world.files.rename();
    world.files.append(1..3);
    let report = world.run_well().await;
    assert_eq!((report.delivered, report.refused), (2, 2));
    assert_eq!(world.came(), lines(0..3));
    assert!(world.files.aside().contains(&half.to_owned()));
    assert!(world.files.path(MARK).exists() && world.files.path(LIVE).exists());
}

/// What is no whole record says so: `replay run` must not send it as one.
#[tokio::test]
async fn what_is_put_aside_says_whether_it_is_a_record() {
    let mut world = World::after(1).await;
    refused(&world, 99);
    world.files.write("garbage\n");
    world.files.write(&line(50)[..20]);
    world.files.rename();
    world.files.append(1..3);
    world.run_well().await;
    let mut aside = world.files.aside_and_whether_no_record();
    aside.sort();
    let expected = [
        ("garbage".to_owned(), true),
        (refused_line(99), false),
        (line(50)[..20].to_owned(), true),
    ];
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(aside, expected);
}

/// What the target took of a later file is known in the copy, too, if that is truncated meanwhile.
#[tokio::test]
async fn what_was_taken_out_of_turn_is_not_sent_again_with_a_copy() {
    for is_restarted in [false, true] {
        let mut world = World::after(1).await;
        refused(&world, 99);
        world.run().await.unwrap();
        world.files.rename();
        world.files.append(1..6);
        world.meanwhile(|files| {
            files.copy_and_truncate();
            files.append(6..8);
        });
        world.run_well().await;
        if is_restarted {
            world.end();
        }
        world.run_well().await;
        assert_eq!(world.came(), lines(0..8));
        assert_eq!(world.files.aside(), [refused_line(99)]);
    }
}

/// Files of another format, or without records, lie between: they tell nothing of the target, and are named.
#[tokio::test]
async fn a_file_that_is_refused_as_a_whole_does_not_lie_between_a_refused_record_and_the_next_one()
{
    // More lines than are sent at once.
    let others = |from: usize| (from..from + 60).map(ecs_line).collect::<String>();
    let junk = |from: usize| "<html>\n".repeat(60 + from);
    for unfit in [
        [others(0), others(60)],
        [junk(0), others(0)],
        [junk(1), junk(0)],
    ] {
        for is_restarted in [false, true] {
            let mut world = World::after(1).await;
            refused(&world, 99);
            world.run().await.unwrap();
            for text in &unfit {
                world.files.rename();
                world.files.write(text);
            }
            // The one that is written to is such a file, too, and nothing else tells of the target.
            let waits = world.run().await.unwrap();
            assert!(waits.later.is_some() && world.files.aside().is_empty());
            let named = waits.trouble.unwrap();
            use FileError::{NoRecord, WrongFormat};
            assert!(
                matches!(named, NoRecord { .. } | WrongFormat { .. }),
                "{named}"
            );
            assert!(named.to_string().contains("siem.ndjson.1"), "{named}");
            if is_restarted {
                world.end();
            }
            world.files.rename();
            world.files.append(1..4);
            let report = world.run().await.unwrap();
            assert_eq!(
                (report.delivered, report.refused, report.later),
                (3, 1, None)
            );
            assert_eq!(world.came(), lines(0..4));
            assert_eq!(world.files.aside(), [refused_line(99)]);
            let named = report.trouble.unwrap();
            assert!(named.to_string().contains("siem.ndjson.2"), "{named}");
            for (n, name) in ["siem.ndjson.1", "siem.ndjson.2"].iter().enumerate() {
                world.files.rename_to_away(name, n);
            }
            world.files.append(4..6);
            world.run_well().await;
            assert_eq!(world.came(), lines(0..6));
        }
    }
}

/// What keeps later files from being looked at is named where a record waits for one of them.
#[tokio::test]
async fn what_is_in_the_way_of_the_next_files_is_named_beside_a_refused_record() {
    for is_packed in [true, false] {
        let mut world = World::after(1).await;
        refused(&world, 99);
        world.run().await.unwrap();
        world.files.rename();
        world.files.append(1..400);
        world.files.rename();
        let name = match is_packed {
            true => {
                world.files.pack("siem.ndjson.1");
                "siem.ndjson.1.gz"
            }
            false => "siem.ndjson.1",
        };
        let path = world.files.path(name);
        let good = std::fs::read(&path).unwrap();
        let bad = match is_packed {
            // Behind its first part, which can be read.
            true => good[..good.len() - 9].to_vec(),
            false => b"PK\x03\x04".to_vec(),
        };
        std::fs::write(&path, bad).unwrap();
        world.files.append(400..402);
        for is_restarted in [false, false, true] {
            let named = if is_restarted {
                world.end();
                world.run().await.unwrap_err()
            } else {
                let waits = world.run().await.unwrap();
                assert!(waits.later.is_some());
                waits.trouble.unwrap()
            };
            assert!(world.files.aside().is_empty());
            let is_it = match is_packed {
                true => matches!(named, FileError::Damaged { .. }),
                false => matches!(named, FileError::Packed { .. }),
            };
            assert!(is_it && named.to_string().contains(name), "{named}");
        }
        std::fs::write(&path, good).unwrap();
        world.run_well().await;
        let mut came = world.came();
        came.sort();
        let mut all = lines(0..402);
        all.sort();
        assert_eq!(came, all);
        assert_eq!(world.files.aside(), [refused_line(99)]);
    }
}
