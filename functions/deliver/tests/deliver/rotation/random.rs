//! Whatever is done to the file: each whole line is delivered, in order, or the command says that
//! it cannot.

use std::collections::HashSet;

use drawbridge_deliver::file::FileError;
use proptest::prelude::*;

use super::MARK;
use super::world::{Files, LIVE, World, line, lines};

#[derive(Debug, Clone, Copy)]
enum Step {
    Append(usize),
    /// The writer dies in the middle of a line.
    Half,
    Rotate(Way),
    /// Packs the newest of the rotated files, which removes it.
    Pack,
    Restart,
    Look,
    Run {
        is_down: bool,
    },
    /// It is rotated and more is written while the request is under way.
    RunAndRotate {
        is_down: bool,
        way: Way,
    },
    /// Somebody removes the rotated file of this number, for good.
    Remove(usize),
    /// All is delivered, and logrotate keeps no more than so many.
    RunAndKeep(usize),
    /// Somebody copies the live file, or the one that was rotated last, over the copy of the day before.
    BackUp {
        is_live: bool,
    },
    SetClockBack,
    /// It delivers and dies before it has noted anything.
    RunAndDie,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Rename,
    RenameAndCreate,
    CopyAndTruncate,
    /// logrotate packs no more.
    RenameBesidePacked,
    /// By a format of dates, or by hand.
    RenameTo(Name),
}

#[derive(Debug, Clone, Copy)]
enum Name {
    Week,
    Day,
    DayBackwards,
    Hand,
}

impl Name {
    /// The next name that is free.
    fn free(self, files: &Files) -> String {
        let name = |n: usize| match self {
            Self::Week => format!("{LIVE}-{}", 202_601 + n),
            Self::Day => format!("siem-2026-01-{:02}.ndjson", n + 1),
            Self::DayBackwards => format!("{LIVE}-{:02}012026", 40 - n),
            Self::Hand => format!("{LIVE}.old{n}"),
        };
        let is_free = |name: &String| !files.path(name).exists();
        (0..40).map(name).find(is_free).unwrap()
    }
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(Way::Rename),
        Just(Way::RenameAndCreate),
        Just(Way::CopyAndTruncate)
    ]
}

/// Those that change the settings of the rotation, too.
fn any_way() -> impl Strategy<Value = Way> {
    let names = [Name::Week, Name::Day, Name::DayBackwards, Name::Hand];
    prop_oneof![
        2 => way(),
        1 => Just(Way::RenameBesidePacked),
        3 => prop::sample::select(names.to_vec()).prop_map(Way::RenameTo),
    ]
}

fn steps(way: fn() -> BoxedStrategy<Way>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..6_usize).prop_map(Step::Append),
        2 => Just(Step::Half),
        5 => way().prop_map(Step::Rotate),
        2 => Just(Step::Pack),
        3 => Just(Step::Restart),
        2 => Just(Step::Look),
        4 => any::<bool>().prop_map(|is_down| Step::Run { is_down }),
        2 => (any::<bool>(), way())
            .prop_map(|(is_down, way)| Step::RunAndRotate { is_down, way }),
    ];
    prop::collection::vec(step, 1..40)
}

/// Steps that nobody is cut off in: a name by hand needs a record to be known by.
fn steps_in_any_way() -> impl Strategy<Value = Vec<Step>> {
    let others = prop_oneof![
        (2..4_usize).prop_map(Step::RunAndKeep),
        any::<bool>().prop_map(|is_live| Step::BackUp { is_live }),
    ];
    mixed(others.boxed())
}

/// The same with a clock that is wrong, and deaths.
fn steps_of_any_kind() -> impl Strategy<Value = Vec<Step>> {
    let others = prop_oneof![
        (2..4_usize).prop_map(Step::RunAndKeep),
        any::<bool>().prop_map(|is_live| Step::BackUp { is_live }),
        Just(Step::SetClockBack),
        Just(Step::RunAndDie),
    ];
    mixed(others.boxed())
}

fn mixed(others: BoxedStrategy<Step>) -> impl Strategy<Value = Vec<Step>> {
    let some = prop::collection::vec((others, any::<prop::sample::Index>()), 0..12);
    (steps(|| any_way().boxed()), some).prop_map(|(mut steps, others)| {
        steps.retain(|step| !matches!(step, Step::Half));
        for (other, at) in others {
            steps.insert(at.index(steps.len() + 1), other);
        }
        steps
    })
}

fn rotate(files: &Files, way: Way) {
    if !files.path(LIVE).exists() {
        return;
    }
    match way {
        Way::Rename => files.rename(),
        Way::RenameAndCreate => {
            files.rename();
            files.create();
        }
        Way::CopyAndTruncate => files.copy_and_truncate(),
        Way::RenameBesidePacked => files.rename_beside_packed(),
        Way::RenameTo(name) => files.rename_to(&name.free(files)),
    }
}

/// What there is at first.
#[derive(Debug, Clone, Copy)]
enum Begin {
    /// A line that was delivered.
    Delivered,
    /// The same after two rotations, which tell that numbers go down.
    Rotated,
    /// A file without any.
    Empty,
}

/// What writes the file: line after line, one that was cut off again if the file is another one.
#[derive(Default)]
struct Writer {
    written: usize,
    halves: Vec<String>,
}

impl Writer {
    fn append(&mut self, files: &Files, count: usize) {
        let next = line(self.written);
        let cut = cut(files);
        if cut > 0 {
            // It is no half any more.
            self.halves.pop();
        }
        files.write(&format!("{}\n", &next[cut..]));
        files.append(self.written + 1..self.written + count);
        self.written += count;
    }

    /// No two are cut off at the same byte: nothing would tell one from the other.
    fn half(&mut self, files: &Files) {
        let next = line(self.written);
        let half = &next[..next.len() - 1 - self.halves.len() % 20];
        if cut(files) == 0 {
            files.write(half);
            self.halves.push(half.to_owned());
        }
    }
}

/// How much of a line the file ends in.
fn cut(files: &Files) -> usize {
    let text = std::fs::read_to_string(files.path(LIVE)).unwrap_or_default();
    let (_, last) = text.rsplit_once('\n').unwrap_or(("", &text));
    last.len()
}

/// Runs; what kept it from going on after something was delivered is an error, too.
async fn run(world: &mut World) -> Result<(), FileError> {
    let report = world.run().await?;
    report.trouble.map_or(Ok(()), Err)
}

/// Does it all; what the command said if something is missing.
async fn does(world: &mut World, writer: &mut Writer, steps: &[Step]) -> Option<FileError> {
    for step in steps {
        let files = world.files.clone();
        let done = match *step {
            Step::Append(count) => {
                writer.append(&files, count);
                Ok(())
            }
            Step::Half => {
                writer.half(&files);
                Ok(())
            }
            Step::Rotate(way) => {
                rotate(&files, way);
                Ok(())
            }
            Step::Pack => {
                let (plain, packed) = ("siem.ndjson.1", "siem.ndjson.1.gz");
                if files.path(plain).exists() && !files.path(packed).exists() {
                    files.pack("siem.ndjson.1");
                }
                Ok(())
            }
            Step::Restart => {
                world.end();
                Ok(())
            }
            Step::Look => world.delivery().look().await,
            Step::Run { is_down } => {
                world.target_is_down(is_down);
                run(world).await
            }
            Step::RunAndRotate { is_down, way } => {
                writer.append(&files, 3);
                world.target_is_down(is_down);
                world.meanwhile(move |files| rotate(files, way));
                let done = run(world).await;
                writer.append(&files, 1);
                done
            }
            Step::Remove(number) => {
                for packed in ["", ".gz"] {
                    let name = format!("siem.ndjson.{number}{packed}");
                    if files.path(&name).exists() {
                        files.remove(&name);
                    }
                }
                Ok(())
            }
            Step::RunAndKeep(count) => {
                world.target_is_down(false);
                let done = run(world).await;
                files.keep(count);
                done
            }
            Step::BackUp { is_live } => {
                let from = if is_live { LIVE } else { "siem.ndjson.1" };
                if files.path(from).exists() {
                    files.copy(from, &format!("{from}.bak"));
                }
                Ok(())
            }
            Step::SetClockBack => {
                files.set_clock_back(5);
                Ok(())
            }
            Step::RunAndDie => {
                world.target_is_down(false);
                let mark = files.path(MARK);
                let before = std::fs::read(&mark).unwrap();
                let done = run(world).await;
                world.end();
                std::fs::write(&mark, before).unwrap();
                done
            }
        };
        match done {
            Err(error) if error.to_string().contains("does not exist") => {}
            Err(error) => return Some(error),
            Ok(()) => {}
        }
    }
    world.target_is_down(false);
    run(world).await.err()
}

fn done(begin: Begin, steps: &[Step]) -> (World, Writer, Option<FileError>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (mut world, written) = match begin {
            Begin::Delivered => (World::after(1).await, 1),
            Begin::Rotated => {
                let mut world = World::after(1).await;
                for n in 1..3 {
                    world.files.rename();
                    world.files.append(n..n + 1);
                    world.run_well().await;
                }
                (world, 3)
            }
            Begin::Empty => {
                let mut world = World::new();
                world.files.create();
                world.run_well().await;
                (world, 0)
            }
        };
        let mut writer = Writer {
            written,
            ..Writer::default()
        };
        let error = does(&mut world, &mut writer, steps).await;
        (world, writer, error)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_whole_line_is_delivered_once_and_in_order(steps in steps(|| way().boxed())) {
        let (world, writer, error) = done(Begin::Delivered, &steps);
        prop_assert_eq!(error, None);
        prop_assert_eq!(world.came(), lines(0..writer.written));
        // What is put aside is never but half a line.
        for aside in world.files.aside() {
            prop_assert!(writer.halves.contains(&aside), "{}", aside);
        }
    }

    #[test]
    fn however_files_are_called_each_line_is_delivered_once_and_in_order(
        steps in steps_in_any_way()
    ) {
        let (world, writer, error) = done(Begin::Delivered, &steps);
        prop_assert_eq!(error, None);
        prop_assert_eq!(world.came(), lines(0..writer.written));
    }

    /// Then nothing tells the order, and the last lines may come twice.
    #[test]
    fn whatever_the_clock_says_and_whenever_it_dies_no_line_is_lost(steps in steps_of_any_kind()) {
        let (world, writer, error) = done(Begin::Delivered, &steps);
        prop_assert_eq!(error, None);
        let came: HashSet<String> = world.came().into_iter().collect();
        prop_assert_eq!(came, lines(0..writer.written).into_iter().collect());
    }

    #[test]
    fn one_that_began_with_an_empty_file_delivers_what_came_before_its_first_look(
        mut steps in steps(|| way().boxed())
    ) {
        // Another process knows nothing of it.
        steps.retain(|step| !matches!(step, Step::Restart));
        let (world, writer, error) = done(Begin::Empty, &steps);
        prop_assert_eq!(error, None);
        prop_assert_eq!(world.came(), lines(0..writer.written));
    }

    /// Then it may be told what is missing; until then, no line comes without those before it.
    #[test]
    fn where_a_file_is_removed_nothing_is_skipped_without_a_word(
        before in steps(|| way().boxed()),
        number in 1..4_usize,
        after in steps(|| way().boxed()),
    ) {
        let steps = [before, vec![Step::Remove(number)], after].concat();
        let (world, writer, error) = done(Begin::Rotated, &steps);
        let mut known = HashSet::new();
        let mut came = world.came();
        came.retain(|line| known.insert(line.clone()));
        let end = if error.is_some() { came.len() } else { writer.written };
        prop_assert_eq!(came, lines(0..end));
    }
}
