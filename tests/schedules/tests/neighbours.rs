//! A tenant beside one in trouble.

use drawbridge_schedules::beside_and_alone;

/// The properties allow some time; this does not.
#[test]
fn where_there_is_a_process_for_each_a_neighbours_trouble_changes_nothing_at_all() {
    let (mut tenants, mut records) = (0, 0);
    for seed in 0..300 {
        for (beside, alone) in beside_and_alone(seed) {
            assert!(beside == alone, "seed {seed}");
            tenants += 1;
            records += alone.len();
        }
    }
    println!("{tenants} tenants, {records} records, each at the same millisecond");
    assert!(tenants > 3 && records > 100);
}
