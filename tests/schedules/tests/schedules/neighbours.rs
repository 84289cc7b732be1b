//! A tenant beside one in trouble.

use drawbridge_schedules::{Beside, TROUBLES, beside_and_alone};

/// The properties allow some time; this does not.
#[test]
fn where_there_is_a_process_for_each_a_neighbours_trouble_changes_nothing_unless_it_kills() {
    let (mut tenants, mut records, mut killed, mut later) = (0, 0, 0, Default::default());
    let all = std::thread::scope(|scope| {
        let troubles: Vec<_> = (0..TROUBLES)
            .map(|trouble| scope.spawn(move || beside_trouble(trouble)))
            .collect();
        let besides = troubles.into_iter().map(|trouble| trouble.join().unwrap());
        besides.flatten().collect::<Vec<_>>()
    });
    for (of, beside) in all {
        assert_eq!(beside.broken(), None, "{of}");
        tenants += 1;
        records += beside.alone.len();
        killed += usize::from(beside.may_wait_secs.is_some());
        later = beside.later().max(later);
    }
    println!(
        "{tenants} tenants, {records} records, each at the same millisecond but for those of \
         {killed} tenants beside one whose polls kill: these came {later:?} later at most"
    );
    assert!(records > 1000 && later.as_secs() > 60);
}

/// Four tenants in a batch, and eight: from five on they are taken for a sign that others wait.
fn beside_trouble(trouble: usize) -> Vec<(String, Beside)> {
    let few = (0..4).map(|seed| (seed, 3));
    let runs = few.chain([(4, 7), (5, 7)]);
    runs.flat_map(|(seed, neighbours)| {
        let of = format!("trouble {trouble}, seed {seed}, beside {neighbours}");
        let besides = beside_and_alone(trouble, seed, neighbours, None);
        besides.into_iter().map(move |beside| (of.clone(), beside))
    })
    .collect()
}
