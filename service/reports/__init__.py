"""Manifests become a report, a report becomes Markdown. Pure."""
