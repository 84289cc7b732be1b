//! An operator beside the polls, who tries again until the store takes what he asks for.

use std::time::Duration;

use drawbridge_cursor::Window;
use drawbridge_poll::{BackfillProgress, change_state};
use tokio::time::sleep;

use super::ports::Ports;
use crate::{Kind, operator};

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(20);

/// Does what the schedule has for an operator.
pub(super) async fn operate(ports: Ports) {
    let world = std::sync::Arc::clone(&ports.world);
    let plan = world.schedule.operator.clone();
    tokio::join!(
        async {
            let Some(at_ms) = plan.backfill_at_ms else {
                return;
            };
            sleep(Duration::from_millis(at_ms)).await;
            ask(&ports).await;
            if plan.asks_twice {
                sleep(Duration::from_secs(60)).await;
                ask(&ports).await;
            }
        },
        async {
            if let Some(at_ms) = plan.replay_at_ms {
                sleep(Duration::from_millis(at_ms)).await;
                replay(&ports).await;
            }
        }
    );
}

async fn ask(ports: &Ports) {
    let (from, to) = operator::range();
    let windows: Vec<Window> = Window::new(from, to).into_iter().collect();
    let progress = BackfillProgress {
        tenant: ports.world.schedule.tenant.clone(),
        id: "older".to_owned(),
        windows: windows.clone(),
        left: windows,
        ..BackfillProgress::default()
    };
    while let Err(error) = progress.ask(ports).await {
        ports
            .world
            .note(|| format!("the operator asks again: {error}"));
        sleep(PAUSE).await;
    }
    ports.world.strike(Kind::Backfill);
    ports
        .world
        .note(|| "the operator asked for a backfill".to_owned());
}

async fn replay(ports: &Ports) {
    let tenant = ports.world.schedule.tenant.clone();
    for (key, window) in ports.shared.gaps(&tenant) {
        let now = ports.world.now();
        let add = |state: &mut drawbridge_cursor::State| state.replay(window, now);
        while let Err(error) = change_state(ports, &tenant, add).await {
            ports
                .world
                .note(|| format!("the operator replays again: {error}"));
            sleep(PAUSE).await;
        }
        ports.shared.store.take(|other| other == key);
        ports.world.strike(Kind::Replay);
        ports.world.note(|| format!("the operator replayed {key}"));
    }
}
