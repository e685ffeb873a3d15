"""Every rule a leaf is checked by."""
