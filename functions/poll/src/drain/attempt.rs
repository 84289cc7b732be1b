use drawbridge_cursor::Window;

use crate::read_options::SMALL_PAGE;

/// The page size of the parts of a window that was split because it failed.
const SPLIT_PAGE: u32 = 100;

/// The size of the first page of a window that failed so often before and cannot be split any further.
pub(super) fn top_after(failures: u32, page_size: u32) -> u32 {
    let top = match failures {
        0 => page_size,
        1 => SPLIT_PAGE,
        2 => SMALL_PAGE,
        _ => 1,
    };
    top.min(page_size)
}

/// One try at a window: whole at first, with ever smaller pages and then in halves when it fails.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) window: Window,
    pub(super) top: u32,
    pub(super) split: bool,
}

impl Attempt {
    /// Whether nothing smaller was tried before.
    pub(super) fn is_first(&self, page_size: u32) -> bool {
        !self.split && self.top == page_size
    }

    /// The next attempts after this one failed, the last to be tried first; none when it cannot
    /// get any smaller.
    pub(super) fn narrower(self, smallest_ms: u64, page_size: u32) -> Vec<Self> {
        if !self.split && self.top > SMALL_PAGE {
            return vec![Self {
                top: (self.top / 10).max(SMALL_PAGE),
                ..self
            }];
        }
        if let Some(halves) = self.window.halves(smallest_ms) {
            let part = |window| Self {
                window,
                top: self.top.max(SPLIT_PAGE).min(page_size),
                split: true,
            };
            return halves.map(part).into_iter().rev().collect();
        }
        if self.top > 1 {
            vec![Self {
                top: 1,
                split: true,
                ..self
            }]
        } else {
            Vec::new()
        }
    }
}
