//! The poll function: a job in, Graph alerts fetched, SIEM records out.
