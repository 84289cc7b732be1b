//! Which records an alert yields; the rules are those of `docs/record.md`.

use std::vec;

use drawbridge_alert::{Alert, Device, Evidence, Message};
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use super::devices::Devices;
use super::entity::Entity;
use super::facts::{self, DeviceFacts};
use super::identity;
use super::person::Person;
use super::row::{Name, Placed, Row, placed};
use super::{Detection, DetectionFormat};
use crate::Facts;
use crate::seen::Seen;

/// Which evidence makes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What the record of the old API has keys for: files, processes, addresses, URLs and users.
    Old,
    /// Messages, connections, the registry, cloud applications and lone hashes, too: for formats
    /// with keys of their own for them.
    All,
}

/// A record that an alert calls for, with the facts that say when, as those of a
/// [draft](crate::Draft).
pub(crate) struct CalledFor<'d> {
    pub(crate) detection: Detection<'d>,
    pub(crate) unless_carried: Facts,
    pub(crate) carries: Facts,
}

/// The records that an alert calls for: in the order of the evidence those that every reading of it
/// calls for, and then those of devices and users that no record may show yet.
pub(crate) struct FanOut<'d> {
    format: &'d DetectionFormat,
    parts: Parts<'d, 'd>,
    report_id: u32,
    facts: facts::Maker<'d>,
    /// What is known by of each device, in the order of the devices.
    of_devices: SmallVec<[DeviceFacts; 2]>,
    rows: vec::IntoIter<Row<'d, 'd>>,
    /// How many drafts there were of late devices.
    late_devices: usize,
    /// How many users were looked at, and how many pieces of evidence for who runs a process.
    late_users: usize,
    late_runners: usize,
    /// The users who have a record of their own among `rows`, or had a late one.
    own_users: Seen<(&'d str, &'d str)>,
}

impl<'d> FanOut<'d> {
    pub(crate) fn of(alert: &'d Alert<'d>, format: &'d DetectionFormat) -> Self {
        let parts = Parts::of(alert);
        let id: [u8; 32] = Sha256::digest(alert.id.as_str()).into();
        let mut facts = facts::Maker::new(id);
        let devices = parts.devices.all().iter();
        let of_devices = devices.map(|device| facts.of_device(device.it)).collect();
        let (rows, own_users) = parts.rows(format.scope);
        Self {
            format,
            parts,
            report_id: identity::report_id(&id),
            facts,
            of_devices,
            rows: rows.into_iter(),
            late_devices: 0,
            late_users: 0,
            late_runners: 0,
            own_users,
        }
    }

    fn usual(&mut self) -> Option<CalledFor<'d>> {
        let row = self.rows.next()?;
        let mut carries = match (row.device, row.entity.and_then(|e| e.it.device_id())) {
            (Some(_), _) => self.carried_by_device(&row),
            (None, Some(id)) => self.facts.device_id(id),
            (None, None) => Facts::default(),
        };
        let mut unless_carried = Facts::default();
        match row.entity.map(|entity| entity.it) {
            Some(Entity::User(person)) => unless_carried.extend([self.facts.user(person)]),
            // Whether a user's own record was written, its key tells.
            _ => carries.extend(row.person().map(|person| self.facts.user(person))),
        }
        Some(self.called_for(row, Name::Plain, unless_carried, carries))
    }

    /// Under the second name if the device's record was written before it had this one.
    fn late_device(&mut self) -> Option<CalledFor<'d>> {
        let n = self.late_devices / 2;
        let name = [Name::Plain, Name::WithDeviceNames][self.late_devices % 2];
        let device = *self.parts.devices.all().get(n)?;
        self.late_devices += 1;
        let DeviceFacts {
            wanted,
            mut carried,
        } = self.of_devices[n];
        let row = self.parts.with_device(Some(device));
        carried.extend(row.person().map(|person| self.facts.user(person)));
        Some(self.called_for(row, name, wanted, carried))
    }

    fn late_user(&mut self) -> Option<CalledFor<'d>> {
        loop {
            let user = self.next_user()?;
            if self.own_users.insert(user.it.shown()) {
                let row = self.parts.with_user(user);
                let unless_carried = [self.facts.user(user.it)].into_iter().collect();
                let carries = self.carried_by_device(&row);
                return Some(self.called_for(row, Name::Plain, unless_carried, carries));
            }
        }
    }

    /// The next user of the alert, and after them all who run a process.
    fn next_user(&mut self) -> Option<Placed<Person<'d, 'd>>> {
        if let Some(user) = self.parts.users.get(self.late_users) {
            self.late_users += 1;
            return Some(*user);
        }
        let evidence = &self.parts.bare.alert.evidence;
        let (at, it) = (self.late_runners..)
            .zip(evidence.get(self.late_runners..)?)
            .find_map(|(at, evidence)| Some((at, running_user(evidence)?)))?;
        self.late_runners = at + 1;
        Some(Placed { index: at, it })
    }

    fn carried_by_device(&self, row: &Row<'d, 'd>) -> Facts {
        let of = |device| self.of_devices[self.parts.devices.place(device)].carried;
        row.device.map(of).unwrap_or_default()
    }

    fn called_for(
        &self,
        row: Row<'d, 'd>,
        name: Name,
        unless_carried: Facts,
        carries: Facts,
    ) -> CalledFor<'d> {
        let detection = Detection {
            row,
            name,
            report_id: self.report_id,
            format: self.format,
        };
        CalledFor {
            detection,
            unless_carried,
            carries,
        }
    }
}

impl<'d> Iterator for FanOut<'d> {
    type Item = CalledFor<'d>;

    fn next(&mut self) -> Option<CalledFor<'d>> {
        self.usual()
            .or_else(|| self.late_device())
            .or_else(|| self.late_user())
    }
}

/// What records are made of.
struct Parts<'r, 'a> {
    devices: Devices<'r, 'a>,
    users: SmallVec<[Placed<Person<'r, 'a>>; 2]>,
    /// A record of nothing but the alert.
    bare: Row<'r, 'a>,
}

impl<'r, 'a> Parts<'r, 'a> {
    fn of(alert: &'r Alert<'a>) -> Self {
        let users: SmallVec<_> = placed(alert, user).collect();
        Self {
            devices: Devices::of(alert),
            bare: Row {
                alert,
                device: None,
                other_device: None,
                entity: None,
                user: users.first().copied(),
                message: placed(alert, message_with_sender).next(),
            },
            users,
        }
    }

    fn with_device(&self, device: Option<Placed<&'r Device<'a>>>) -> Row<'r, 'a> {
        Row {
            device,
            other_device: self.devices.other_than(device),
            ..self.bare
        }
    }

    fn with_entity(&self, entity: Placed<Entity<'r, 'a>>) -> Row<'r, 'a> {
        Row {
            entity: Some(entity),
            ..self.with_device(self.devices.device_of(entity.it))
        }
    }

    fn with_user(&self, user: Placed<Person<'r, 'a>>) -> Row<'r, 'a> {
        self.with_entity(Placed {
            index: user.index,
            it: Entity::User(user.it),
        })
    }

    /// The records that the alert calls for when it is read for the first time, and the users who
    /// have one of their own among them.
    fn rows(&self, scope: Scope) -> (Vec<Row<'r, 'a>>, Seen<(&'r str, &'r str)>) {
        let alert = self.bare.alert;
        let says_something = |entity: &Placed<Entity<'r, 'a>>| self.says_something(entity.it);
        let entities = placed(alert, Entity::of_old_record).filter(says_something);
        let mut rows: Vec<_> = entities.map(|entity| self.with_entity(entity)).collect();
        let alone: SmallVec<[_; 2]> = self.devices.alone(&rows).collect();
        rows.extend(
            alone
                .into_iter()
                .map(|device| self.with_device(Some(device))),
        );
        // A user has a record of his own if no other one shows him.
        let mut shown = Seen::default();
        for person in rows.iter().filter_map(Row::person) {
            shown.insert(person.shown());
        }
        let mut own = Seen::default();
        for user in &self.users {
            if !shown.contains(&user.it.shown()) && own.insert(user.it.shown()) {
                rows.push(self.with_user(*user));
            }
        }
        // What names a device that nothing else does stands for it.
        let for_device = placed(alert, Entity::of_other_formats)
            .filter(|entity| self.names_unknown_device(entity.it));
        rows.extend(for_device.map(|entity| self.with_entity(entity)));
        if rows.is_empty() {
            rows.push(self.bare);
        }
        let others = placed(alert, Entity::of_other_formats).filter(|entity| match scope {
            Scope::All => entity.it.is_identified() && !self.names_unknown_device(entity.it),
            Scope::Old => false,
        });
        rows.extend(others.map(|entity| self.with_entity(entity)));
        rows.sort_by_key(Row::place);
        (rows, own)
    }

    /// Whether an entity is one: something identifies it, or nothing else names its device.
    fn says_something(&self, entity: Entity<'r, 'a>) -> bool {
        entity.is_identified() || self.names_unknown_device(entity)
    }

    /// Whether an entity names a device that the alert does not list. Graph's addresses and URLs
    /// name none.
    fn names_unknown_device(&self, entity: Entity<'r, 'a>) -> bool {
        let is_unknown = |id| !self.devices.has(id);
        !matches!(entity, Entity::Ip(_) | Entity::Url(_))
            && entity.device_id().is_some_and(is_unknown)
    }
}

fn user<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<Person<'r, 'a>> {
    let person = match evidence {
        Evidence::User(user) => Person::User(user),
        Evidence::Mailbox(mailbox) => Person::Mailbox(mailbox),
        _ => return None,
    };
    person.name().is_some().then_some(person)
}

fn running_user<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<Person<'r, 'a>> {
    let Evidence::Process(process) = evidence else {
        return None;
    };
    let person = Person::Runner(process);
    person.name().is_some().then_some(person)
}

fn message_with_sender<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<&'r Message<'a>> {
    let Evidence::Message(message) = evidence else {
        return None;
    };
    let sender = message.sender_ip.as_deref().unwrap_or_default();
    (!sender.is_empty()).then_some(&**message)
}
