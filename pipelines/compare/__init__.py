"""Exam reports become deltas with intervals and verdicts."""
