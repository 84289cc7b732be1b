//! Several files that are deleted while they are held open: each is known, with its bytes, to this process and to the
//! next one.

use drawbridge_deliver::file::{FileError, Undelivered};

use super::world::{LIVE, World, lines};

/// The target is down, and the file is rotated and removed three times.
async fn removed() -> World {
    let mut world = World::down(1, 1).await;
    for n in 0..3 {
        world.files.rename();
        world.files.append(2 + n..3 + n);
        world.delivery().look().await.unwrap();

        world.files.rename_to_away(&format!("{LIVE}.1"), n);
    }
    world
}

fn bytes(left: &[Undelivered]) -> Vec<u64> {
    left.iter().map(|left| left.bytes).collect()
}

#[tokio::test]
async fn each_one_is_told_when_it_goes_and_at_the_end() {
    let mut world = World::down(1, 1).await;
    let line = world.files.len(LIVE) / 2;
    assert_eq!(world.delivery().newly_gone().unwrap(), []);
    for n in 0..3 {
        world.files.rename();
        world.files.append(2 + n..3 + n);
        world.delivery().look().await.unwrap();
        assert_eq!(world.delivery().newly_gone().unwrap(), []);
        world.files.rename_to_away("siem.ndjson.1", n);
        world.delivery().look().await.unwrap();
        let gone = world.delivery().newly_gone().unwrap();
        assert_eq!(bytes(&gone), [line]);
        assert!(gone[0].place.ends_with("siem.ndjson.1") && gone[0].is_gone);
        assert_eq!(world.delivery().newly_gone().unwrap(), []);
    }
    let left = world.delivery().left_at_end(false).unwrap();
    assert_eq!(left.iter().filter(|left| left.is_gone).count(), 3);
    // The live one waits as well.
    assert_eq!(bytes(&left), [line; 4]);
}

#[tokio::test]
async fn the_next_process_names_all_of_them_and_delivers_them_once_they_are_back() {
    let mut world = removed().await;
    world.end();
    for back in 0..3 {
        let error = world.run().await.unwrap_err();
        world.end();
        let count = match &error {
            FileError::SeveralGone { files } => files.len(),
            FileError::Gone { .. } => 1,
            _ => panic!("{error}"),
        };
        assert_eq!(count, 3 - back, "{error}");
        assert_eq!(
            error
                .to_string()
                .matches("siem.ndjson.1 was removed")
                .count(),
            count
        );
        world.files.back_from_away(back);
    }
    world.run_well().await;
    assert_eq!(world.came(), lines(0..5));
}

/// What came since the last run is no backlog; what was rotated is.
#[tokio::test]
async fn what_is_left_at_the_end_is_a_backlog() {
    let mut world = World::after(2).await;
    world.files.append(2..3);
    assert_eq!(world.delivery().left_at_end(false).unwrap(), []);
    world.files.rename();
    world.delivery().look().await.unwrap();
    assert_eq!(world.delivery().left_at_end(false).unwrap().len(), 1);
    world.files.append(3..4);
    world.target_is_down(true);
    world.run().await.unwrap();
    assert_eq!(world.delivery().left_at_end(false).unwrap().len(), 2);
    world.run_well().await;
    assert_eq!(world.delivery().left_at_end(false).unwrap(), []);
}
