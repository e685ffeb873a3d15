"""Rows become a candidate, phase by phase, with DeepSpeed."""
