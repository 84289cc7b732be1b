//! End to end: the release build in the emulated cloud, and the command on one machine.
