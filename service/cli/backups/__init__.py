"""What `graft backup` writes and `graft restore` reads."""
