"""When a stage runs, and what is said: the service around the pipelines."""
