//! Lines that are no record of the format. The target has no say in them, and a file that holds nothing else is a
//! wrong one.

use drawbridge_deliver::file::FileError;

use super::world::{LIVE, World, line, lines};

/// The rest of a line, which a copy and truncation cut, with nothing else in the file that is rotated again.
#[tokio::test]
async fn the_rest_of_a_line_alone_in_a_rotated_file_holds_up_nothing() {
    for is_rotated_again in [true, false] {
        let mut world = World::after(2).await;
        let cut = line(50);
        let (half, rest) = cut.split_at(20);
        world.files.write(half);
        world.files.copy_and_truncate();
        world.files.write(&format!("{rest}\n"));
        if is_rotated_again {
            world.files.copy_and_truncate();
        }
        world.files.append(2..6);
        let report = world.run_well().await;
        assert_eq!((report.delivered, report.refused), (4, 2));
        assert_eq!(world.came(), lines(0..6));
        let mut aside = world.files.aside();
        aside.sort();
        assert_eq!(aside, [rest, half]);
    }
}

/// No target is asked, and none has to be there.
#[tokio::test]
async fn what_is_no_record_waits_for_no_target() {
    for junk in [
        "garbage",
        "{\"torn",
        "PCFET0NUWVBFIGh0bWw+",
        "<html>",
        "{\0\"\0",
    ] {
        for is_rotated in [false, true] {
            let mut world = World::after(2).await;
            let asked = world.asked();
            world.files.write(&format!("{junk}\n"));
            if is_rotated {
                world.files.rename();
            }
            world.target_is_down(true);
            let report = world.run().await.unwrap();
            assert_eq!((report.later, report.refused), (None, 1), "{junk}");
            assert_eq!(world.asked(), asked, "{junk}");
            assert_eq!(world.files.aside(), [junk], "{junk}");
        }
    }
}

/// What waits behind a record that waits is put aside when its turn has come, and once.
#[tokio::test]
async fn what_is_no_record_is_put_aside_in_its_turn() {
    let mut world = World::down(1, 2).await;
    world.files.write("garbage\n");
    assert_eq!(world.run().await.unwrap().refused, 0);
    assert!(world.files.aside().is_empty());
    world.files.append(3..4);
    assert_eq!(world.run_well().await.refused, 1);
    assert_eq!(world.came(), lines(0..4));
}

#[tokio::test]
async fn a_file_without_any_record_is_named_and_nothing_of_it_is_put_aside() {
    let junk = "<html>\n<body>\n</body>\n</html>\n";
    for before in 0..2 {
        for is_rotated in [false, true] {
            let mut world = World::new();
            if before > 0 {
                world = World::after(1).await;
                world.files.rename();
            } else {
                world.files.create();
                world.run_well().await;
            }
            world.files.write(junk);
            let name = match is_rotated {
                true => "siem.ndjson.1",
                false => "siem.ndjson",
            };
            if is_rotated {
                world.files.rename();
                world.files.append(1..3);
            }
            let asked = world.asked();
            let error = world.run().await.unwrap_err();
            assert!(matches!(error, FileError::NoRecord { .. }), "{error}");
            let path = world.files.path(name).display().to_string();
            assert!(error.to_string().contains(&path), "{error}");
            assert!(!error.to_string().contains("html"), "{error}");
            assert_eq!((world.files.aside().len(), world.asked()), (0, asked));
            // A record tells that the file is the right one.
            if !is_rotated {
                world.files.append(before..before + 1);
                assert_eq!(world.run_well().await.refused, 4);
                assert_eq!(world.came(), lines(0..before + 1));
            }
        }
    }
}

/// One line may be the rest of a record, but not where nothing else is one.
#[tokio::test]
async fn a_single_line_that_is_no_record_waits_for_one() {
    let mut world = World::new();
    world.files.write("garbage\n");
    let error = world.run().await.unwrap_err();
    assert!(matches!(error, FileError::NoRecord { .. }), "{error}");
    world.files.rename();
    world.files.append(0..1);
    assert_eq!(world.run_well().await.refused, 1);
    assert_eq!(world.came(), lines(0..1));
}

/// A later file is compared with the format, too.
#[tokio::test]
async fn a_rotated_file_of_another_format_is_named() {
    let mut world = World::after(1).await;
    world
        .files
        .write("CEF:0|v|p|1|c|n|5|cs2=a:1\nCEF:0|v|p|1|c|n|5|cs2=a:2\n");
    let mut world_error = world.run().await;
    // In the same file as a record, they are what somebody wrote into it.
    assert_eq!(world_error.as_ref().unwrap().refused, 2);
    world.files.rename();
    world
        .files
        .write("CEF:0|v|p|1|c|n|5|cs2=a:1\nCEF:0|v|p|1|c|n|5|cs2=a:2\n");
    world_error = world.run().await;
    let error = world_error.unwrap_err();
    assert!(matches!(error, FileError::WrongFormat { .. }), "{error}");
    assert_eq!(world.files.aside().len(), 2);
}

/// Lines of `ecs` are JSON objects, as those of `siem` are, so that the target would take them.
pub(super) fn ecs_line(n: usize) -> String {
    format!(
        "{{\"@timestamp\":\"2026-11-30T00:00:00Z\",\"ecs\":{{\"version\":\"9.0.0\"}},\"event\":{{\"id\":\"a{n}\"}}}}\n"
    )
}

/// However often it is looked at, by one process or by several, alone or behind another one.
#[tokio::test]
async fn nothing_of_a_file_of_another_format_is_ever_sent() {
    for is_restarted in [false, true] {
        for good in [0, 1, 3] {
            for first in ["", "garbage\n", "{\"of no format\":1}\n"] {
                let mut world = World::after(1).await;
                world.files.append(1..1 + good);
                world.files.rename();
                // More than a request has, so that what tells is not in the first lines.
                world.files.write(&first.repeat(50));
                let others: String = (0..30).map(ecs_line).collect();
                world.files.write(&others);
                for _ in 0..4 {
                    let run = world.run().await;
                    let error = match run {
                        Ok(report) => report.trouble,
                        Err(error) => Some(error),
                    };
                    let is_named = matches!(error, Some(FileError::WrongFormat { .. }));
                    assert!(is_named, "{first}{good}: {error:?}");
                    assert_eq!(world.came(), lines(0..1 + good), "{first}");
                    assert!(world.files.aside().is_empty(), "{first}");
                    if is_restarted {
                        world.end();
                    }
                }
            }
        }
    }
}

/// What the error asks for leads on: moved away, emptied or replaced, while a delivery runs or between two.
#[tokio::test]
async fn a_file_that_was_refused_as_a_whole_is_let_go() {
    let junk = "<html>\n<body>\n</body>\n".to_owned();
    let others: String = (0..9).map(ecs_line).collect();
    for text in [&junk, &others] {
        for before in 0..4 {
            for is_rotated in [false, true] {
                for is_restarted in [false, true] {
                    for is_emptied in [false, true] {
                        let mut world = World::new();
                        if before > 0 {
                            world = World::after(1).await;
                            world.files.rename();
                            world.files.create();
                        }
                        if before == 2 {
                            // It is known to be refused before it is rotated.
                            world.files.write(text);
                            world.run().await.unwrap_err();
                        }
                        if before == 3 {
                            world.run_well().await;
                        }
                        if before != 2 {
                            world.files.write(text);
                        }
                        let done = usize::from(before > 0);
                        let name = if is_rotated { "siem.ndjson.1" } else { LIVE };
                        if is_rotated && before > 0 {
                            world.files.rename();
                            world.files.append(done..done + 2);
                        } else if is_rotated {
                            world.run().await.unwrap_err();
                            world.files.rename();
                            world.files.append(done..done + 2);
                        }
                        let case = format!("{before} {is_rotated} {is_restarted} {is_emptied}");
                        world.run().await.unwrap_err();
                        if is_restarted {
                            world.end();
                        }
                        match is_emptied {
                            true => std::fs::write(world.files.path(name), "").unwrap(),
                            false => world.files.rename_to_away(name, 1),
                        }
                        if !is_rotated {
                            world.files.append(done..done + 2);
                        }
                        let report = world.run().await;
                        let report = report.unwrap_or_else(|error| panic!("{case}: {error}"));
                        assert_eq!((report.delivered, report.lost.len()), (2, 0), "{case}");
                        assert_eq!(world.came(), lines(0..done + 2), "{case}");
                        assert!(world.files.aside().is_empty(), "{case}");
                        assert!(world.delivery().newly_gone().unwrap().is_empty(), "{case}");
                        assert!(world.delivery().left().unwrap().is_empty(), "{case}");
                        // What comes after that is delivered as ever, and a gap is none of its own.
                        world.files.rename();
                        world.files.append(done + 2..done + 4);
                        world.run_well().await;
                        world.end();
                        world.run_well().await;
                        assert_eq!(world.came(), lines(0..done + 4), "{case}");
                    }
                }
            }
        }
    }
}

/// What was written to it since it was refused is not given up.
#[tokio::test]
async fn a_refused_file_that_got_records_and_is_moved_away_is_missed() {
    for is_restarted in [false, true] {
        let mut world = World::after(1).await;
        world.files.rename();
        world.files.write("<html>\n<body>\n");
        world.run().await.unwrap_err();
        world.files.append(1..3);
        world.target_is_down(true);
        world.run().await.unwrap();
        if is_restarted {
            world.end();
        }
        world.files.rename_to_away(LIVE, 1);
        world.files.append(3..4);
        world.target_is_down(false);
        if is_restarted {
            let error = world.run().await.unwrap_err();
            assert!(matches!(error, FileError::Gone { .. }), "{error}");
        } else {
            world.run_well().await;
            assert_eq!(world.came(), lines(0..4));
        }
    }
}
