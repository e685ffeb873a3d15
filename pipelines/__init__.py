"""What a stage does. No GitHub, no database, no Celery: a stage is a process that turns a config into an artifact."""
