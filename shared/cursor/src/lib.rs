//! What to ask for next and what was already written: windows, jobs and the state object.
