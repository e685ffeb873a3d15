"""A model sits the exams."""
