//! All that is said of the router in `shared/served/tests`, its clients included, with the events of a
//! function URL between the clients and the router.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../../../../shared/served/tests/served/answers.rs"]
mod answers;
#[path = "../../../../shared/served/tests/served/clients/mod.rs"]
mod clients;
#[path = "../../../../shared/served/tests/served/first_byte.rs"]
mod first_byte;
mod front;
#[path = "../../../../shared/served/tests/served/hang_ups.rs"]
mod hang_ups;
#[path = "../../../../shared/served/tests/served/long_answers.rs"]
mod long_answers;
#[path = "../../../../shared/served/tests/served/own_tokens/mod.rs"]
mod own_tokens;
#[path = "../../../../shared/served/tests/served/pages.rs"]
mod pages;
#[path = "../../../../shared/served/tests/served/slow_listings.rs"]
mod slow_listings;
#[path = "../../../../shared/served/tests/served/tokens.rs"]
mod tokens;
#[path = "../../../../shared/served/tests/served/trouble.rs"]
mod trouble;
#[path = "../../../../shared/served/tests/served/world/mod.rs"]
mod world;
