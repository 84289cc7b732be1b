/// How a stack's tenants sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// By federation.
    None,
    /// With client secrets, many of which are in one secret of Secrets Manager.
    Shared,
    /// With client secrets, each in a secret of its own.
    Own,
}

/// A stack whose month is worked out.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// What the page calls it.
    pub name: &'static str,
    /// How many tenants it polls.
    pub tenants: u32,
    /// How many records each brings a day.
    pub records_a_day: u32,
    /// How they sign in.
    pub secrets: Secrets,
    /// How many outputs of messages it has.
    pub outputs: u32,
    /// How many clients of the served API each tenant has, of which each asks once per minute. Without
    /// any, nothing is served.
    pub clients: u32,
    /// Whether each tenant has metrics of its own.
    pub tenant_metrics: bool,
    /// Whether it has the dashboard.
    pub dashboard: bool,
    /// Whether what is free without end is taken off.
    pub free: bool,
    /// What it must not cost more than, in dollars.
    pub goal: f64,
}

/// 3,000 tenants that bring nothing.
pub const IDLE: Situation = Situation {
    name: "3,000 idle tenants, federation",
    tenants: 3000,
    records_a_day: 0,
    secrets: Secrets::None,
    outputs: 1,
    clients: 0,
    tenant_metrics: false,
    dashboard: false,
    free: false,
    goal: 150.0,
};

/// A hundred that do.
pub const HUNDRED: Situation = Situation {
    name: "100 tenants, 1,000 records per day each, federation",
    tenants: 100,
    records_a_day: 1000,
    secrets: Secrets::None,
    outputs: 1,
    clients: 0,
    tenant_metrics: false,
    dashboard: false,
    free: false,
    goal: 20.0,
};

/// One.
pub const ONE: Situation = Situation {
    name: "one tenant, 1,000 records per day, a client secret",
    tenants: 1,
    records_a_day: 1000,
    secrets: Secrets::Own,
    outputs: 1,
    clients: 0,
    tenant_metrics: false,
    dashboard: false,
    free: false,
    goal: 3.0,
};

/// The rows of the page's first table.
pub const SITUATIONS: [Situation; 6] = [
    IDLE,
    Situation {
        name: "the same, with client secrets, many in one secret",
        secrets: Secrets::Shared,
        goal: 250.0,
        ..IDLE
    },
    HUNDRED,
    ONE,
    Situation {
        name: "the same with the dashboard",
        dashboard: true,
        goal: 6.0,
        ..ONE
    },
    Situation {
        name: "the same, within the always-free tiers",
        dashboard: true,
        free: true,
        goal: 0.5,
        ..ONE
    },
];
