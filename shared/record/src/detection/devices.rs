use std::collections::HashMap;

use drawbridge_alert::{Alert, Device, Evidence, Text};

use smallvec::SmallVec;

use super::entity::{Entity, SIDES};
use super::row::{Placed, Row, placed};
use crate::seen::Seen;

/// From so many devices on, they are looked up by their ids instead of searched: an alert of many
/// devices and many entities must not take the product of both.
const MANY: usize = 16;

/// The devices of an alert.
pub(super) struct Devices<'r, 'a> {
    all: SmallVec<[Placed<&'r Device<'a>>; 2]>,
    /// Empty where there are few.
    by_id: HashMap<&'r str, usize>,
    primary: usize,
    /// The device of each of [`SIDES`], where it tells the devices apart.
    sides: [Option<usize>; SIDES.len()],
}

impl<'r, 'a> Devices<'r, 'a> {
    pub(super) fn of(alert: &'r Alert<'a>) -> Self {
        let all: SmallVec<[Placed<&Device<'a>>; 2]> = placed(alert, |evidence| match evidence {
            Evidence::Device(device) if is_known(device) => Some(&**device),
            _ => None,
        })
        .collect();
        // Of several with one id, the first.
        let with_id = all.iter().enumerate().rev();
        let with_id = with_id.filter_map(|(n, device)| Some((id_of(device.it)?, n)));
        let primary = all.iter().position(|device| is_primary(device.it));
        let primary = primary.unwrap_or(0);
        Self {
            sides: SIDES.map(|side| on_side(&all, primary, side)),
            by_id: match all.len() {
                ..MANY => HashMap::new(),
                _ => with_id.collect(),
            },
            primary,
            all,
        }
    }

    fn place_of(&self, id: &str) -> Option<usize> {
        if self.all.len() < MANY {
            return self.all.iter().position(|d| id_of(d.it) == Some(id));
        }
        self.by_id.get(id).copied()
    }

    /// Whether a device has that id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.place_of(id).is_some()
    }

    /// The device whose id the entity carries. For one that carries none: the device on the same
    /// side, where the roles tell two devices apart, else the primary one.
    pub(super) fn device_of(&self, entity: Entity<'r, 'a>) -> Option<Placed<&'r Device<'a>>> {
        let n = match entity.device_id() {
            Some(id) => self.place_of(id)?,
            None => entity
                .sides()
                .find_map(|side| self.on_side(side))
                .unwrap_or(self.primary),
        };
        self.all.get(n).copied()
    }

    /// The device with that role; none if all have it, or no other device could have been meant.
    fn on_side(&self, side: &str) -> Option<usize> {
        let place = SIDES.iter().position(|known| *known == side)?;
        self.sides[place]
    }

    /// The devices that no row is about.
    pub(super) fn alone(
        &self,
        rows: &[Row<'r, 'a>],
    ) -> impl Iterator<Item = Placed<&'r Device<'a>>> {
        // Graph may name a device twice: by its id where it has one, else by its place.
        let who = |device: &Placed<&'r Device<'a>>| match id_of(device.it) {
            Some(id) => (Some(id), 0),
            None => (None, device.index),
        };
        let mut shown = Seen::default();
        for device in rows.iter().filter_map(|row| row.device.as_ref()) {
            shown.insert(who(device));
        }
        let alone = self.all.iter().copied();
        alone.filter(move |device| !shown.contains(&who(device)))
    }

    /// The place of a device in [`Devices::all`].
    pub(super) fn place(&self, device: Placed<&'r Device<'a>>) -> usize {
        let found = self.all.binary_search_by_key(&device.index, |d| d.index);
        found.unwrap_or_default()
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

fn on_side(all: &[Placed<&Device<'_>>], primary: usize, side: &str) -> Option<usize> {
    let has = |n: &usize| {
        let mut roles = all[*n].it.roles.iter();
        roles.any(|role| role.as_str() == side)
    };
    let mut with = (0..all.len()).filter(has).peekable();
    let first = *with.peek()?;
    if with.count() == all.len() {
        return None;
    }
    Some(if has(&primary) { primary } else { first })
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
