//! A tenant beside one in trouble.

use drawbridge_schedules::{TROUBLES, beside_and_alone};

/// The properties allow some time; this does not.
#[test]
fn where_there_is_a_process_for_each_a_neighbours_trouble_changes_nothing_unless_it_kills() {
    let (mut tenants, mut records, mut killed, mut later) = (0, 0, 0, Default::default());
    // Four tenants in a batch, and eight: from five on they are taken for a sign that others wait.
    let runs = (0..TROUBLES).flat_map(|trouble| {
        let few = (0..4).map(move |seed| (trouble, seed, 3));
        few.chain([(trouble, 4, 7), (trouble, 5, 7)])
    });
    for (trouble, seed, neighbours) in runs {
        for beside in beside_and_alone(trouble, seed, neighbours, None) {
            let of = format!("trouble {trouble}, seed {seed}, beside {neighbours}");
            assert_eq!(beside.broken(), None, "{of}");
            tenants += 1;
            records += beside.alone.len();
            killed += usize::from(beside.may_wait_secs.is_some());
            later = beside.later().max(later);
        }
    }
    println!(
        "{tenants} tenants, {records} records, each at the same millisecond but for those of \
         {killed} tenants beside one whose polls kill: these came {later:?} later at most"
    );
    assert!(records > 1000 && later.as_secs() > 60);
}
