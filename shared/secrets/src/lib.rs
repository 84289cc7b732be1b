//! The secrets port, with its Secrets Manager and its environment implementation.
