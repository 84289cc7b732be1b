//! The command against a stack's bucket and queues, run as a process.

mod answering;
mod backfill;
mod dead_letters;
mod doctor;
mod interposer;
mod named_stack;
mod replay;
mod run;
mod stack;
mod state;
mod tenants;
mod view;
