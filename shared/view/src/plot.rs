use maud::{Markup, html};

/// The height of the plot, in its own units.
const HEIGHT: u64 = 100;

/// Counts as bars, side by side, each with its label; `what` says what they are. The same numbers follow
/// as a table, for readers who cannot see the picture.
#[must_use]
pub fn plot(what: &str, bars: &[(String, u64)]) -> Markup {
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        figure {
            svg.plot viewBox={ "0 0 " (bars.len() * 10) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(what) {
                @for (n, (label, count)) in bars.iter().enumerate() {
                    // A bar is seen wherever there is anything.
                    @let height = (count * HEIGHT / most.max(1)).max(u64::from(*count > 0));
                    rect x=(n * 10 + 1) y=(HEIGHT - height) width="8" height=(height) data-count=(count) {
                        title { (label) ": " (count) }
                    }
                }
            }
            figcaption { (what) }
            details {
                summary { "The numbers" }
                table aria-label=(what) {
                    thead { tr { th scope="col" { "Hour" } th scope="col" { "Records" } } }
                    tbody {
                        @for (label, count) in bars.iter().filter(|(_, count)| *count > 0) {
                            tr { th scope="row" { (label) } td { (count) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_counts_say() {
        let bars = [("a", 1), ("b", 0), ("c", 1000), ("d", 500)];
        let bars = bars.map(|(label, count)| (label.to_owned(), count));
        let html = plot("w", &bars).into_string();
        for (x, height) in [(1, 1), (11, 0), (21, 100), (31, 50)] {
            let y = 100 - height;
            let bar = format!("<rect x=\"{x}\" y=\"{y}\" width=\"8\" height=\"{height}\"");
            assert!(html.contains(&bar), "{bar}: {html}");
        }
        assert!(html.contains("<title>c: 1000</title>"));
        assert!(plot("w", &[]).into_string().contains("aria-label=\"w\""));
    }
}
