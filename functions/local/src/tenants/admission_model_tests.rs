//! Whatever happens to two tenants of the same alerts, in whatever order: neither takes the other's place.
//!
//! What really happened is kept beside what the product knows, and says after each step who may be polled.
//! Of each tenant, either the note or the state may be lost, again and again, but not both.

use drawbridge_store::Store as _;

use super::*;
use crate::tenants::forget::forget;

/// The alerts that both want.
const WANTED: u8 = 1;

const NAMES: [&str; 2] = ["aaa", "owner"];
const RUNS: u64 = 500;
const STEPS: usize = 60;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// Its document is written, and says that it polls the wanted alerts, or others.
    Add {
        is_wanted: bool,
    },
    PauseOrResume,
    /// By the command.
    Remove,
    /// By the command, which dies when the document is gone, before the note has its mark or behind it.
    RemoveAndDie {
        is_marked: bool,
    },
    /// By the command that was run again, or where the document went away otherwise.
    Forget,
    /// Its document is deleted, and nothing else.
    Delete,
    /// Nobody can read its document any more.
    DamageDocument,
    /// Its note, or its state, is damaged or gone.
    Damage,
    Lose,
    /// The administrator's list names it alone, or nobody, or both.
    List {
        names: usize,
    },
    /// The poll of it that is under way ends well, and the note is written, or cannot be.
    End {
        is_noted: bool,
    },
    /// Polls of all that may be polled begin.
    Round,
}

const EVENTS: [Event; 18] = [
    Event::Add { is_wanted: true },
    Event::Add { is_wanted: true },
    Event::Add { is_wanted: false },
    Event::PauseOrResume,
    Event::PauseOrResume,
    Event::Remove,
    Event::RemoveAndDie { is_marked: false },
    Event::RemoveAndDie { is_marked: true },
    Event::Forget,
    Event::Delete,
    Event::DamageDocument,
    Event::Damage,
    Event::Lose,
    Event::List { names: 0 },
    Event::List { names: 1 },
    Event::List { names: 2 },
    Event::End { is_noted: true },
    Event::End { is_noted: false },
];

#[derive(Debug, Default)]
struct Actor {
    name: &'static str,
    /// What its document says; `None` if there is none, 0 if it is damaged.
    document: Option<u8>,
    is_paused: bool,
    /// Whether its note may be lost, and not its state.
    is_note_fragile: bool,
    is_note_lost: bool,
    under_way: Option<UnderWay>,
    /// Since when it really polls the wanted alerts, as long as that can be known.
    since: Option<i64>,
}

#[derive(Debug)]
struct UnderWay {
    alerts: u8,
    begun: i64,
    loaded: Option<Polled>,
    is_removed: bool,
}

impl Actor {
    fn others(&self) -> u8 {
        if self.name == NAMES[0] { 2 } else { 3 }
    }

    fn is_active(&self) -> bool {
        !self.is_paused && self.document.is_some()
    }

    /// What was polled does not count any more, nor what is being polled.
    fn forgotten(&mut self) {
        (self.since, self.is_note_lost) = (None, false);
        if let Some(under_way) = &mut self.under_way {
            under_way.is_removed = true;
        }
    }

    fn found(&self) -> Option<TenantDocument> {
        match self.document {
            Some(0) => Some(garbage(self.name)),
            Some(alerts) => Some(with_secret(self.name, alerts)),
            None => None,
        }
    }

    /// Whether its document says that it polls the wanted alerts, or said so.
    fn may_want(&self) -> bool {
        self.is_active() && matches!(self.document, Some(0 | WANTED))
    }
}

struct Model {
    store: Arc<FaultyStore>,
    place: DataLocation,
    services: Services,
    actors: [Actor; 2],
    listed: Option<usize>,
    now: i64,
    /// How often each of the two was polled, and kept its place before the other.
    polled: [u32; 2],
    kept: u32,
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap()
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

impl Model {
    fn begin(&mut self, random: &mut Random) {
        self.store.take(|_| true);
        self.actors = NAMES.map(|name| Actor {
            name,
            is_note_fragile: random.below(2) == 0,
            ..Actor::default()
        });
        (self.listed, self.now) = (None, 1);
    }

    async fn state(&self, name: &str) -> Option<State> {
        let object = self.store.get(&state_key(name)).await.unwrap()?;
        State::decode(&object.body).ok()
    }

    fn put_state(&self, name: &str, state: &State) {
        self.store.insert(&state_key(name), state.encode().unwrap());
    }

    async fn happen(&mut self, event: Event, of: usize) {
        self.now += 1;
        let now = self.now;
        let actor = &mut self.actors[of];
        let name = actor.name;
        match event {
            Event::Add { is_wanted: true } => actor.document = Some(WANTED),
            Event::Add { is_wanted: false } => actor.document = Some(actor.others()),
            Event::PauseOrResume => actor.is_paused = !actor.is_paused,
            Event::Delete => actor.document = None,
            Event::DamageDocument => actor.document = actor.document.map(|_| 0),
            Event::Remove if actor.document.is_some() => {
                (actor.document, actor.is_paused) = (None, false);
                self.forget(of).await;
            }
            Event::Forget if actor.document.is_none() => self.forget(of).await,
            Event::Remove | Event::Forget => {}
            Event::RemoveAndDie { .. } if actor.document.is_none() => {}
            Event::RemoveAndDie { is_marked } => {
                (actor.document, actor.is_paused) = (None, false);
                // With the note, the mark would be lost, and what it stands for.
                if is_marked && !actor.is_note_fragile {
                    actor.forgotten();
                    let store = self.store.as_ref();
                    first_poll::note_removed(store, name, at(now))
                        .await
                        .unwrap();
                }
            }
            Event::Damage | Event::Lose => self.lose(of, matches!(event, Event::Damage)).await,
            Event::List { names } => {
                self.listed = (names == 1).then_some(of);
                let list = match names {
                    0 => String::new(),
                    1 => entry(name),
                    _ => NAMES.map(entry).concat(),
                };
                self.store.insert("admin/tenants.toml", list);
            }
            Event::End { is_noted } => self.end(of, is_noted).await,
            Event::Round => self.round().await,
        }
    }

    async fn forget(&mut self, of: usize) {
        let actor = &mut self.actors[of];
        actor.forgotten();
        let forgotten = forget(self.store.as_ref(), actor.name, at(self.now)).await;
        assert!(forgotten.is_ok());
    }

    /// The note or the state of one is lost, whichever of its two may be.
    async fn lose(&mut self, of: usize, is_damaged: bool) {
        let actor = &self.actors[of];
        let name = actor.name;
        let is_removed = |under_way: &UnderWay| under_way.is_removed;
        if actor.under_way.as_ref().is_some_and(is_removed) {
            // That its tenant was removed is told by the note alone, within the minute of its last poll.
            return;
        }
        let key = match self.actors[of].is_note_fragile {
            true => first_poll::key(name),
            false => state_key(name),
        };
        match is_damaged {
            true if self.store.get(&key).await.unwrap().is_none() => return,
            true => self.store.insert(&key, "garbage"),
            false => drop(self.store.take(|other| other == key)),
        }
        if self.actors[of].is_note_fragile {
            self.actors[of].is_note_lost = true;
            let wanted = tenant(&with_secret(name, WANTED))
                .polled_alerts()
                .to_string();
            let state = self.state(name).await;
            let polled = state.and_then(|state| state.polled);
            if !polled.is_some_and(|polled| polled.is_of(&wanted)) {
                // It polls others now, and nothing says any more that it polled these.
                self.actors[of].since = None;
            }
        }
    }

    async fn round(&mut self) {
        let found = self.actors.iter().filter(|actor| actor.is_active());
        let found: Vec<_> = found.filter_map(Actor::found).collect();
        let under_way = self.actors.iter().filter(|actor| actor.under_way.is_some());
        let so_far = PollsSoFar {
            under_way: under_way.map(|actor| actor.name.to_owned()).collect(),
            ..PollsSoFar::default()
        };
        let polled = polled_in(&self.place, &self.services, &found, &so_far).await;
        let is_polled = |actor: &Actor| {
            actor.document == Some(WANTED) && polled.iter().any(|name| name == actor.name)
        };
        let wanted = self.actors.each_ref().map(is_polled);
        self.check(wanted);
        for of in 0..2 {
            let actor = &self.actors[of];
            if actor.under_way.is_none() && polled.iter().any(|name| name == actor.name) {
                self.begin_poll(of).await;
            }
        }
    }

    /// Checks who polls the wanted alerts by who really polled them.
    fn check(&mut self, polled: [bool; 2]) {
        assert_ne!(polled, [true, true], "{:?}", self.actors);
        for (this, other) in [(0, 1), (1, 0)] {
            if !polled[this] {
                continue;
            }
            self.polled[this] += 1;
            let [mine, others] = [this, other].map(|of| &self.actors[of]);
            let is_later = others
                .since
                .is_some_and(|theirs| mine.since.is_none_or(|mine| theirs < mine));
            let takes_place = is_later && others.may_want() && self.listed != Some(this);
            assert!(
                !takes_place,
                "{this} takes the place of {other}: {:?}",
                self.actors
            );
            self.kept += u32::from(mine.since.is_some() && others.may_want());
        }
        for (this, other) in [(0, 1), (1, 0)] {
            let [mine, others] = [this, other].map(|of| &self.actors[of]);
            let is_first = mine.since.is_some_and(|mine| {
                !others.may_want() || others.since.is_none_or(|theirs| mine < theirs)
            });
            let is_owner = is_first && mine.is_active() && mine.document == Some(WANTED);
            let is_stopped = is_owner && !polled[this] && self.listed != Some(other);
            assert!(
                !is_stopped,
                "{this} is stopped by {other}: {:?}",
                self.actors
            );
        }
    }

    async fn begin_poll(&mut self, of: usize) {
        let actor = &self.actors[of];
        let Some(alerts) = actor.document else { return };
        let is_there = self.store.get(&state_key(actor.name)).await.unwrap();
        let loaded = match (self.state(actor.name).await, is_there) {
            (Some(state), _) => state.polled,
            // It is damaged, and the poll fails.
            (None, Some(_)) => return,
            (None, None) => {
                let found = with_secret(actor.name, alerts);
                let said = tenant(&found).polled_alerts().to_string();
                let state = State {
                    polled: Some(Polled::of(&said, None)),
                    ..State::default()
                };
                self.put_state(actor.name, &state);
                state.polled
            }
        };
        self.actors[of].under_way = Some(UnderWay {
            alerts,
            begun: self.now,
            loaded,
            is_removed: false,
        });
    }

    async fn end(&mut self, of: usize, is_noted: bool) {
        let name = self.actors[of].name;
        // Where the state may be lost, the note is all there is.
        let is_noted = is_noted || !self.actors[of].is_note_fragile;
        let Some(under_way) = self.actors[of].under_way.take() else {
            return;
        };
        // Without the state that it read, it saves nothing.
        let Some(mut state) = self.state(name).await else {
            return;
        };
        let found = with_secret(name, under_way.alerts);
        if state.polled == under_way.loaded {
            let alerts = tenant(&found).polled_alerts().to_string();
            state.note_polled(&alerts, at(under_way.begun));
        }
        state.last_success = Some(at(self.now));
        self.put_state(name, &state);
        let begun = at(under_way.begun);
        if !is_noted {
            self.not_noted(of, &under_way).await;
            return;
        }
        first_poll::note(self.store.as_ref(), tenant(&found), begun)
            .await
            .unwrap();
        let actor = &mut self.actors[of];
        if under_way.is_removed {
            return;
        }
        if under_way.alerts == WANTED {
            actor.since.get_or_insert(under_way.begun);
        } else if actor.is_note_lost {
            actor.since = None;
        }
        actor.is_note_lost = false;
    }
}

impl Model {
    /// A poll ended well, and its state alone says so. That counts unless a tenant of its name was ever
    /// removed.
    async fn not_noted(&mut self, of: usize, poll: &UnderWay) {
        let actor = &mut self.actors[of];
        let wanted = tenant(&with_secret(actor.name, WANTED)).polled_alerts();
        let note = first_poll::noted(self.store.as_ref(), actor.name).await;
        let note = note.ok().flatten();
        let is_in_note = note
            .as_ref()
            .is_some_and(|note| note.since(&wanted).is_some());
        let counts = !note.is_some_and(|note| note.is_of_a_removed_one());
        if is_in_note || poll.is_removed {
            return;
        }
        actor.is_note_lost = true;
        match poll.alerts == WANTED && counts {
            true => drop(actor.since.get_or_insert(poll.begun)),
            false => actor.since = None,
        }
    }
}

#[tokio::test]
async fn whatever_happens_neither_takes_the_others_place() {
    let (store, place, services) = place();
    let mut model = Model {
        store,
        place,
        services,
        actors: Default::default(),
        listed: None,
        now: 0,
        polled: [0; 2],
        kept: 0,
    };
    for seed in 0..RUNS {
        let mut random = Random(seed);
        model.begin(&mut random);
        for _ in 0..STEPS {
            let of = random.below(2);
            let event = match random.below(EVENTS.len() * 3) {
                some if some < EVENTS.len() => EVENTS[some],
                some if some % 2 == 0 => Event::End {
                    is_noted: some % 4 == 0,
                },
                _ => Event::Round,
            };
            // Shown where one of them fails.
            println!("{seed}: {event:?} {}", NAMES[of]);
            model.happen(event, of).await;
        }
    }
    // It is about something.
    let [one, other] = model.polled;
    assert!(one > 500 && other > 500, "{one} {other}");
    assert!(model.kept > 100, "{}", model.kept);
}
