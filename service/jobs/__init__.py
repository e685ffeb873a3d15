"""Celery tasks: wiring only; arguments are row ids."""
