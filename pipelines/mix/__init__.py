"""Samples become rows for each phase, with replay."""
