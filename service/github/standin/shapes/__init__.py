"""Rows and Git objects in the JSON that GitHub answers with."""
