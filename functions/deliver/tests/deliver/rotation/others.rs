//! What was there at first and is no file of records is left alone, and no file that has its name later.

use std::fs;
use std::os::unix::fs::symlink;

use drawbridge_deliver::file::FileError;

use super::world::{World, line, lines};

const OLD: &str = "siem.ndjson.old";

/// One in which what `first` makes was there before the first delivery.
async fn world_with(first: impl FnOnce(&World)) -> World {
    let mut world = World::new();
    world.files.append(0..2);
    first(&world);
    world.run_well().await;
    world.files.append(2..3);
    world.run_well().await;
    world.end();
    assert_eq!(world.came(), lines(0..3));
    world
}

async fn is_unclear(world: &mut World) {
    let unclear = world.run().await.unwrap_err();
    assert!(matches!(unclear, FileError::Unclear { .. }), "{unclear}");
}

/// Another program wrote it, or nobody wrote to it; then the live file gets its name, which begins with the end of a
/// line, as after `copytruncate`.
#[tokio::test]
async fn records_in_a_file_that_held_none_at_first_are_named() {
    for text in ["", "notes\n"] {
        let mut world = world_with(|world| fs::write(world.files.path(OLD), text).unwrap()).await;
        world.files.rename();
        world.files.write("rest-of-a-line\"}\n");
        world.files.append(3..6);
        world.files.rename_to(OLD);
        world.files.append(6..7);
        is_unclear(&mut world).await;
        world.end();
        fs::rename(world.files.path(OLD), world.files.path("siem.ndjson.0")).unwrap();
        world.run_well().await;
        let came = world.came();
        assert!(
            lines(0..7).iter().all(|line| came.contains(line)),
            "{came:?}"
        );
    }
}

/// Its first line is none, and nobody has ended the last one.
#[tokio::test]
async fn any_line_that_is_a_record_counts() {
    for end in ["\n", ""] {
        let mut world =
            world_with(|world| fs::write(world.files.path(OLD), "notes\n").unwrap()).await;
        let text = format!("notes\n{}{}{end}", "more\n".repeat(300), line(3));
        fs::write(world.files.path(OLD), text).unwrap();
        is_unclear(&mut world).await;
    }
}

/// It was there at first, and is known by its content.
#[tokio::test]
async fn a_file_of_records_that_begins_with_half_a_line_is_left_alone_if_it_was_there_at_first() {
    let text = format!("rest-of-a-line\"}}\n{}\n", line(9));
    let mut world = world_with(|world| fs::write(world.files.path(OLD), &text).unwrap()).await;
    world.files.append(3..4);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..4));
}

#[tokio::test]
async fn another_link_than_the_one_that_was_there_at_first_is_named() {
    let elsewhere = tempfile::tempdir().unwrap();
    for name in [OLD, "siem.ndjson.1"] {
        let mut world = world_with(|world| {
            symlink(elsewhere.path().join("a"), world.files.path(name)).unwrap();
        })
        .await;
        world.files.rename();
        world.files.append(3..4);
        world.run_well().await;
        world.end();
        world.files.rename_to("elsewhere");
        if world.files.path(name).symlink_metadata().is_ok() {
            world.files.remove(name);
        }
        symlink(elsewhere.path().join("b"), world.files.path(name)).unwrap();
        world.files.append(4..5);
        let link = world.run().await.unwrap_err().to_string();
        assert!(link.contains("symbolic link"), "{link}");
    }
}
