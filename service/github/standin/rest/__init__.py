"""GitHub's REST paths, one file for each family."""
