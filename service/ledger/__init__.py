"""What is remembered: deliveries, contributions, runs, stages, the outbox. All SQL lives here."""
