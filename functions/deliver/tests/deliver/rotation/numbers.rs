//! Other ways to count, and what is not missing.

use std::fs;

use super::world::{Files, LIVE, World, lines};

/// logrotate's `start`, and `rotate`, by which the oldest are removed.
fn rename_from(files: &Files, start: usize, keep: usize) {
    let path = |number: usize| files.path(&format!("{LIVE}.{number}"));
    for number in (start..start + keep).rev() {
        if path(number).exists() {
            fs::rename(path(number), path(number + 1)).unwrap();
        }
    }
    files.rename_to(&format!("{LIVE}.{start}"));
    if path(start + keep).exists() {
        fs::remove_file(path(start + keep)).unwrap();
    }
}

#[tokio::test]
async fn each_way_to_count_is_followed() {
    type Rotation = (&'static str, fn(&Files, usize));
    let ways: [Rotation; 5] = [
        ("dateformat .%m%d", |files, n| {
            files.rename_to(&format!("{LIVE}.11{:02}", 10 + n));
        }),
        ("start 5", |files, _| rename_from(files, 5, 4)),
        ("start 0", |files, _| rename_from(files, 0, 4)),
        ("upwards", |files, n| {
            files.rename_to(&format!("{LIVE}.{n}"));
        }),
        ("upwards, three are kept", |files, n| {
            files.rename_to(&format!("{LIVE}.{n}"));
            if n > 3 {
                files.remove(&format!("{LIVE}.{}", n - 3));
            }
        }),
    ];
    for (how, rotate) in ways {
        for rotations in 1..4 {
            for is_restarted in [false, true] {
                let mut world = World::after(1).await;
                let (mut written, mut rotated) = (1, 0);
                for _ in 0..5 {
                    for _ in 0..rotations {
                        rotated += 1;
                        world.files.append(written..written + 2);
                        written += 2;
                        rotate(&world.files, rotated);
                    }
                    world.files.append(written..written + 1);
                    written += 1;
                    if is_restarted {
                        world.end();
                    }
                    world.run_well().await;
                }
                assert_eq!(world.came(), lines(0..written), "{how}");
            }
        }
    }
}

/// logrotate's `start` is another one from then on, and a number in between was never there.
#[tokio::test]
async fn another_first_number_is_no_missing_file() {
    for (from, to) in [(5, 1), (2, 1), (1, 0), (0, 1), (1, 5)] {
        for is_restarted in [false, true] {
            let mut world = World::after(1).await;
            let mut written = 1;
            for n in 1..9 {
                // There is no live file while it is rotated first, and one is begun since.
                let start = if n < 5 { from } else { to };
                world.files.append(written..written + 1);
                written += 1;
                rename_from(&world.files, start, 12);
                if n >= 5 {
                    world.files.append(written..written + 1);
                    written += 1;
                }
                if is_restarted {
                    world.end();
                }
                world.run_well().await;
            }
            assert_eq!(world.came(), lines(0..written), "{from} {to}");
        }
    }
}

/// What was delivered may go in any order.
#[tokio::test]
async fn a_delivered_file_that_is_removed_is_not_missing() {
    for number in 1..4 {
        let mut world = World::after(1).await;
        for n in 1..4 {
            world.files.rename();
            world.files.append(n..n + 1);
            world.run_well().await;
        }
        world.files.remove(&format!("{LIVE}.{number}"));
        world.end();
        world.files.append(4..5);
        world.run_well().await;
        assert_eq!(world.came(), lines(0..5));
    }
}
