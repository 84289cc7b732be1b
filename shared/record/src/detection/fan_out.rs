//! Which records an alert yields; the rules are those of `docs/record.md`.

use std::collections::HashSet;

use drawbridge_alert::{Alert, AnalyzedMessage, Device, Evidence};

use super::devices::Devices;
use super::entity::Entity;
use super::facts::{self, Facts};
use super::identity;
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
    pub(crate) message: Option<Placed<&'r AnalyzedMessage<'a>>>,
}

impl<'r, 'a> Row<'r, 'a> {
    /// The user whom the record shows: its own, that of its process, else the alert's first.
    pub(crate) fn person(&self) -> Option<Person<'r, 'a>> {
        let own = match self.entity.map(|entity| entity.it) {
            Some(Entity::User(person)) => Some(person),
            Some(Entity::Process(process)) => Some(Person::Runner(process)),
            _ => None,
        };
        own.filter(|person| person.name().is_some())
            .or(self.user.map(|user| user.it))
    }

    /// The place of the evidence that the record is of; none for one of the alert alone.
    pub(super) fn place(&self) -> Option<usize> {
        let entity = self.entity.map(|entity| entity.index);
        entity.or(self.device.map(|device| device.index))
    }
}

/// A record that an alert may call for.
pub(crate) struct Draft<'r, 'a> {
    pub(crate) row: Row<'r, 'a>,
    /// What the record shows that a SIEM joins on. Not the user on a record of his own: whether
    /// that was written, its key tells.
    pub(crate) carries: Facts,
    /// Where there are any, the record is written only if none that was written carries one of them.
    pub(crate) wanted: Facts,
    name: Name,
    /// Its identity's digest, where it was needed already.
    digest: Option<[u8; 32]>,
}

/// What the identity of a record is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// What identifies its entity or device.
    Plain,
    /// The device's names, too: for a device whose own record was written under another name.
    WithDeviceNames,
}

impl Draft<'_, '_> {
    /// The digest of the record's identity.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.digest
            .unwrap_or_else(|| identity::digest(&self.row, self.name))
    }
}

/// Which evidence makes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What the record of the old API has keys for: files, processes, addresses, URLs and users.
    Old,
    /// Messages, connections, the registry, cloud applications and lone hashes, too: for formats
    /// with keys of their own for them.
    All,
}

/// The records of an alert: in the order of the evidence those that every reading of it calls for,
/// and then those for what a record that was written earlier could not show yet.
pub(crate) fn drafts<'r, 'a>(alert: &'r Alert<'a>, scope: Scope) -> Vec<Draft<'r, 'a>> {
    let parts = Parts::of(alert);
    let rows = parts.rows(scope);
    let late = parts.late();
    let mut drafts = Vec::with_capacity(rows.len() + late.len());
    let mut digests = HashSet::with_capacity(rows.len());
    let mut users = facts::Users::of(alert);
    for row in rows {
        let wanted = match row.entity {
            Some(Placed {
                it: Entity::User(person),
                ..
            }) => users.fact(person).into(),
            _ => Facts::default(),
        };
        let mut draft = parts.draft(row, Name::Plain, wanted, &mut users);
        let digest = draft.digest();
        // Of several with one identity, the first.
        if digests.insert(digest) {
            draft.digest = Some(digest);
            drafts.push(draft);
        }
    }
    for (row, name) in late {
        let wanted = match (row.entity, row.device) {
            (
                Some(Placed {
                    it: Entity::User(person),
                    ..
                }),
                _,
            ) => users.fact(person).into(),
            (_, Some(device)) => parts.devices.facts_of(device),
            _ => Facts::default(),
        };
        drafts.push(parts.draft(row, name, wanted, &mut users));
    }
    drafts
}

/// What records are made of.
struct Parts<'r, 'a> {
    devices: Devices<'r, 'a>,
    users: Vec<Placed<Person<'r, 'a>>>,
    /// A record of nothing but the alert.
    bare: Row<'r, 'a>,
}

impl<'r, 'a> Parts<'r, 'a> {
    fn of(alert: &'r Alert<'a>) -> Self {
        let users: Vec<_> = placed(alert, user).collect();
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

    /// The records that the alert calls for when it is read for the first time.
    fn rows(&self, scope: Scope) -> Vec<Row<'r, 'a>> {
        let alert = self.bare.alert;
        let entities =
            placed(alert, Entity::of_old_record).filter(|entity| self.says_something(entity.it));
        let mut rows: Vec<_> = entities.map(|entity| self.with_entity(entity)).collect();
        let alone: Vec<_> = self.devices.alone(&rows).collect();
        rows.extend(
            alone
                .into_iter()
                .map(|device| self.with_device(Some(device))),
        );
        // A user has a record of his own if no other one shows him.
        let shown = rows.iter().filter_map(Row::person).map(Person::shown);
        let mut shown: HashSet<_> = shown.collect();
        let own = self
            .users
            .iter()
            .filter(|user| shown.insert(user.it.shown()));
        rows.extend(own.map(|user| self.with_user(*user)));
        if rows.is_empty() {
            rows.push(self.bare);
        }
        if scope == Scope::All {
            let others = placed(alert, Entity::of_other_formats)
                .filter(|entity| self.says_something(entity.it));
            rows.extend(others.map(|entity| self.with_entity(entity)));
        }
        rows.sort_by_key(Row::place);
        rows
    }

    /// Whether an entity is one: something identifies it, or nothing else names its device.
    fn says_something(&self, entity: Entity<'r, 'a>) -> bool {
        let names_device = |id| !self.devices.has(id);
        entity.is_identified() || entity.device_id().is_some_and(names_device)
    }

    /// The records of devices and users for what no record that was written shows of them.
    fn late(&self) -> Vec<(Row<'r, 'a>, Name)> {
        let runners = placed(self.bare.alert, running_user);
        let users = self.users.iter().copied().chain(runners);
        let devices = self.devices.all().iter().flat_map(|device| {
            let row = self.with_device(Some(*device));
            [(row, Name::Plain), (row, Name::WithDeviceNames)]
        });
        let mut seen = HashSet::new();
        let users = users.filter(|user| seen.insert(user.it.shown()));
        devices
            .chain(users.map(|user| (self.with_user(user), Name::Plain)))
            .collect()
    }

    fn draft(
        &self,
        row: Row<'r, 'a>,
        name: Name,
        wanted: Facts,
        users: &mut facts::Users<'r>,
    ) -> Draft<'r, 'a> {
        let mut carries = match (row.device, row.entity) {
            (Some(device), _) => self.devices.facts_of(device),
            (None, Some(entity)) => facts::device_id(&row.alert.id, entity.it.device_id()),
            (None, None) => Facts::default(),
        };
        match row.entity {
            // Whether the user's own record was written, its key tells.
            Some(Placed {
                it: Entity::User(_),
                ..
            }) => {}
            _ => carries.extend(row.person().map(|person| users.fact(person))),
        }
        Draft {
            row,
            carries,
            wanted,
            name,
            digest: None,
        }
    }
}

pub(super) fn placed<'r, 'a, T>(
    alert: &'r Alert<'a>,
    pick: impl Fn(&'r Evidence<'a>) -> Option<T>,
) -> impl Iterator<Item = Placed<T>> {
    let evidence = alert.evidence.iter().enumerate();
    evidence.filter_map(move |(index, e)| pick(e).map(|it| Placed { index, it }))
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

fn message_with_sender<'r, 'a>(evidence: &'r Evidence<'a>) -> Option<&'r AnalyzedMessage<'a>> {
    let Evidence::AnalyzedMessage(message) = evidence else {
        return None;
    };
    let sender = message.sender_ip.as_deref().unwrap_or_default();
    (!sender.is_empty()).then_some(&**message)
}
