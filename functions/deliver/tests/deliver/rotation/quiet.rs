//! A tenant without alerts, whose empty file is rotated all the same (logrotate's `ifempty`).

use super::world::{Files, LIVE, World, lines};

fn create(files: &Files) {
    files.rename();
    files.create();
}

#[tokio::test]
async fn the_last_file_with_records_may_go_when_it_is_old() {
    for rotate in [create, Files::copy_and_truncate] {
        for is_restarted in [false, true] {
            let mut world = World::after(3).await;
            for _ in 0..5 {
                rotate(&world.files);
                world.files.keep(3);
                if is_restarted {
                    world.end();
                }
                world.run_well().await;
            }
            for number in 1..=3 {
                assert_eq!(world.files.len(&format!("{LIVE}.{number}")), 0);
            }
            world.files.append(3..5);
            world.run_well().await;
            assert_eq!(world.came(), lines(0..5));
        }
    }
}

/// Somebody still had it open, though it was delivered to its end.
#[tokio::test]
async fn what_is_written_to_a_rotated_file_that_was_delivered_is_delivered() {
    for is_restarted in [false, true] {
        for is_packed in [false, true] {
            let mut world = World::after(3).await;
            create(&world.files);
            world.run_well().await;
            if is_restarted {
                world.end();
            }
            let rotated = world.files.path("siem.ndjson.1");
            let mut text = std::fs::read(&rotated).unwrap();
            text.extend(format!("{}\n", lines(3..4)[0]).as_bytes());
            std::fs::write(&rotated, text).unwrap();
            if is_packed {
                world.files.pack("siem.ndjson.1");
            }
            world.run_well().await;
            world.files.append(4..6);
            world.run_well().await;
            world.end();
            world.run_well().await;
            assert_eq!(world.came(), lines(0..6), "{is_restarted} {is_packed}");
        }
    }
}
