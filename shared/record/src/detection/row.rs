use drawbridge_alert::{Alert, Device, Evidence, Message};

use super::entity::{Entity, Kinds};
use super::person::Person;

/// Something of the alert's evidence, with its place in the list.
#[derive(Clone, Copy)]
pub(crate) struct Placed<T> {
    pub(crate) index: usize,
    pub(crate) it: T,
}

/// What one record is made of.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r, 'a> {
    pub(crate) alert: &'r Alert<'a>,
    pub(crate) device: Option<Placed<&'r Device<'a>>>,
    /// The other one, where the alert has two devices.
    pub(crate) other_device: Option<Placed<&'r Device<'a>>>,
    pub(crate) entity: Option<Placed<Entity<'r, 'a>>>,
    /// The first user of the alert, for a record whose entity has none of its own.
    pub(crate) user: Option<Placed<Person<'r, 'a>>>,
    /// The alert's first message with a sender's address.
    pub(crate) message: Option<Placed<&'r Message<'a>>>,
}

impl<'r, 'a> Row<'r, 'a> {
    /// The user whom the record shows: its own, that of its process, else the alert's first. None on
    /// the record of a message.
    pub(crate) fn person(&self) -> Option<Person<'r, 'a>> {
        let own = match self.entity.map(|entity| entity.it) {
            Some(Entity::User(person)) => Some(person),
            Some(Entity::Process(process)) => Some(Person::Runner(process)),
            // It has a sender and a recipient instead.
            Some(Entity::Message(_)) => return None,
            _ => None,
        };
        own.filter(|person| person.name().is_some())
            .or(self.user.map(|user| user.it))
    }

    /// The kind of entity that the record is of.
    pub(crate) fn kinds(&self) -> Kinds {
        self.entity.map_or(Kinds::NONE, |entity| entity.it.set())
    }

    /// The place of the evidence that the record is of; none for one of the alert alone.
    pub(super) fn place(&self) -> Option<usize> {
        let entity = self.entity.map(|entity| entity.index);
        entity.or(self.device.map(|device| device.index))
    }
}

/// What the identity of a record is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// What identifies its entity or device.
    Plain,
    /// The device's names, too: for a device whose own record was written under another name.
    WithDeviceNames,
}

pub(super) fn placed<'r, 'a, T>(
    alert: &'r Alert<'a>,
    pick: impl Fn(&'r Evidence<'a>) -> Option<T>,
) -> impl Iterator<Item = Placed<T>> {
    let evidence = alert.evidence.iter().enumerate();
    evidence.filter_map(move |(index, e)| pick(e).map(|it| Placed { index, it }))
}
