"""What `graft app create` is made of: the page on loopback, and the files that its outcome goes into."""
