"""A candidate that passed the gate becomes a folder that can be published."""
