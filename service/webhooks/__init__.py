"""The door: verify, record, nudge, 202."""
