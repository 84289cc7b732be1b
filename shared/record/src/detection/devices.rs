use std::collections::{HashMap, HashSet};

use drawbridge_alert::{Alert, Device, Evidence, Text};

use super::entity::Entity;
use super::facts::{self, Facts};
use super::fan_out::{Placed, Row, placed};

/// The devices of an alert. Looked up by id: an alert of many devices and many entities must not
/// take the product of both.
pub(super) struct Devices<'r, 'a> {
    all: Vec<Placed<&'r Device<'a>>>,
    /// What a record of each carries, in the same order.
    facts: Vec<Facts>,
    by_id: HashMap<&'r str, usize>,
    primary: usize,
}

impl<'r, 'a> Devices<'r, 'a> {
    pub(super) fn of(alert: &'r Alert<'a>) -> Self {
        let all: Vec<Placed<&Device<'a>>> = placed(alert, |evidence| match evidence {
            Evidence::Device(device) if is_known(device) => Some(&**device),
            _ => None,
        })
        .collect();
        // Of several with one id, the first.
        let by_id = all.iter().enumerate().rev();
        let by_id = by_id.filter_map(|(n, device)| Some((id_of(device.it)?, n)));
        Self {
            facts: all
                .iter()
                .map(|device| facts::device(&alert.id, device.it))
                .collect(),
            by_id: by_id.collect(),
            primary: all.iter().position(|d| is_primary(d.it)).unwrap_or(0),
            all,
        }
    }

    /// Whether a device has that id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The device whose id the entity carries. For one that carries none: the device on the same
    /// side, where the roles tell two devices apart, else the primary one.
    pub(super) fn device_of(&self, entity: Entity<'r, 'a>) -> Option<Placed<&'r Device<'a>>> {
        let n = match entity.device_id() {
            Some(id) => *self.by_id.get(id)?,
            None => entity
                .sides()
                .find_map(|side| self.on_side(side))
                .unwrap_or(self.primary),
        };
        self.all.get(n).copied()
    }

    /// The device with that role; none if all have it, or no other device could have been meant.
    fn on_side(&self, side: &str) -> Option<usize> {
        let has = |n: &usize| {
            self.all[*n]
                .it
                .roles
                .iter()
                .any(|role| role.as_str() == side)
        };
        let mut with = (0..self.all.len()).filter(has).peekable();
        let first = *with.peek()?;
        if with.count() == self.all.len() {
            return None;
        }
        Some(if has(&self.primary) {
            self.primary
        } else {
            first
        })
    }

    /// The devices that none of the rows is of.
    pub(super) fn alone(
        &self,
        rows: &[Row<'r, 'a>],
    ) -> impl Iterator<Item = Placed<&'r Device<'a>>> {
        // Graph may name a device twice: by its id where it has one, else by its place.
        let who = |device: &Placed<&'r Device<'a>>| match id_of(device.it) {
            Some(id) => (Some(id), 0),
            None => (None, device.index),
        };
        let shown: HashSet<_> = rows
            .iter()
            .filter_map(|row| row.device.as_ref().map(who))
            .collect();
        let alone = self.all.iter().copied();
        alone.filter(move |device| !shown.contains(&who(device)))
    }

    /// What a record of the device carries.
    pub(super) fn facts_of(&self, device: Placed<&'r Device<'a>>) -> Facts {
        let found = self
            .all
            .binary_search_by_key(&device.index, |device| device.index);
        found.map_or_else(|_| Facts::default(), |n| self.facts[n])
    }

    /// Each device of which something is known, in the order of the evidence.
    pub(super) fn all(&self) -> &[Placed<&'r Device<'a>>] {
        &self.all
    }

    /// The other one of two devices.
    pub(super) fn other_than(
        &self,
        device: Option<Placed<&'r Device<'a>>>,
    ) -> Option<Placed<&'r Device<'a>>> {
        let [one, two] = self.all.as_slice() else {
            return None;
        };
        let other = if device?.index == one.index { two } else { one };
        let is_same = id_of(one.it).is_some() && id_of(one.it) == id_of(two.it);
        (!is_same).then_some(*other)
    }
}

fn id_of<'r>(device: &'r Device<'_>) -> Option<&'r str> {
    device.mde_device_id.as_deref().filter(|id| !id.is_empty())
}

/// Whether a device has an id or a name: Graph lists some of which it knows nothing at all.
fn is_known(device: &Device<'_>) -> bool {
    let names = [
        &device.mde_device_id,
        &device.device_dns_name,
        &device.host_name,
    ];
    names
        .into_iter()
        .flatten()
        .any(|text| !text.as_str().is_empty())
}

fn is_primary(device: &Device<'_>) -> bool {
    let mut roles = device.detailed_roles.iter().map(Text::as_str);
    roles.any(|role| matches!(role, "PrimaryDevice" | "Main device"))
}
