//! Starts and stops the emulated cloud for the tests.
