use std::collections::HashMap;

use drawbridge_alert::Alert;
use drawbridge_record::{Format, records};
use maud::{Markup, html};

use crate::alert::{AlertTree, PlaceId, Use};
use crate::record::RecordView;
use crate::text::clipped;

/// The most records of an alert that are shown.
const MAX_RECORDS: usize = 50;

/// An alert beside the records that it becomes in a format, as if it were read for the first time.
///
/// What cannot be read is shown all the same, with the reason in the place of its records.
#[must_use]
pub fn side_by_side(json: &str, format: &dyn Format) -> Markup {
    let tree = AlertTree::read(json);
    let (made, all) = match (&tree, Alert::decode(json)) {
        (_, Err(error)) => (Err(error.to_string()), 0),
        // JSON by its grammar, and nothing that can be taken apart here.
        (None, Ok(alert)) => {
            let bodies: Vec<String> = records(format, &alert).map(|record| record.body).collect();
            let all = bodies.len();
            (Ok(Made::Whole(bodies)), all)
        }
        (Some(tree), Ok(alert)) => {
            let explained = format.explain(&alert);
            let all = explained.len();
            let bodies = records(format, &alert).map(|record| record.body);
            let numbered = explained
                .into_iter()
                .zip(bodies)
                .take(MAX_RECORDS)
                .enumerate();
            let views =
                numbered.map(|(n, (explained, body))| RecordView::new(n, explained, body, tree));
            (Ok(Made::Explained(views.collect())), all)
        }
    };
    let uses = match &made {
        Ok(Made::Explained(views)) => uses(views),
        _ => HashMap::new(),
    };
    html! {
        div.sides {
            section.side aria-labelledby="alert" {
                h2 #alert tabindex="-1" { "The alert" }
                @match &tree {
                    Some(tree) => (tree.markup(&uses)),
                    None => div.tree { p.note { "It cannot be taken apart, and is shown as it is." } (clipped(json)) },
                }
            }
            section.side aria-labelledby="records" data-format=(format.name()) {
                h2 #records tabindex="-1" { "Its records in " (format.name()) }
                @match &made {
                    Err(why) => p.alarm role="alert" { "It becomes no record: " (clipped(why)) },
                    Ok(Made::Whole(bodies)) => {
                        @for body in bodies.iter().take(MAX_RECORDS) { div.record { (clipped(body)) } }
                    }
                    Ok(Made::Explained(views)) => {
                        @for view in views {
                            @if let Some(tree) = &tree { (view.markup(all, tree)) }
                        }
                    }
                }
                @if all > MAX_RECORDS {
                    p.note {
                        "The first " (MAX_RECORDS) " of " (all) " records are shown; `drawbridge map` writes all of them."
                    }
                }
                @if made.is_ok() && all == 0 { p { "It becomes no record." } }
            }
        }
    }
}

/// What an alert becomes.
enum Made {
    Explained(Vec<RecordView>),
    /// As it is written, where nothing can be said of its values.
    Whole(Vec<String>),
}

/// What is made of each value of the alert.
fn uses(views: &[RecordView]) -> HashMap<PlaceId, Vec<Use>> {
    let mut uses: HashMap<PlaceId, Vec<Use>> = HashMap::new();
    for (n, view) in views.iter().enumerate() {
        for row in view.rows() {
            for id in &row.sources {
                uses.entry(*id).or_default().push(Use {
                    row: row.id.clone(),
                    label: format!(
                        "{} of record {}",
                        drawbridge_telemetry::shown(&row.key),
                        n + 1
                    ),
                });
            }
        }
    }
    uses
}
