"""Leaves become samples: a teacher writes, a judge grades, every drop is counted."""
