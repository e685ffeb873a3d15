"""All that knows GitHub: signatures, events, the client, checks and comments."""
