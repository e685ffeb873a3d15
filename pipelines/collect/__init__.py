"""A commit of the taxonomy becomes a LeafSet and its exams."""
