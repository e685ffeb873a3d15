"""What `graft doctor` looks at, a file a neighbourhood."""
