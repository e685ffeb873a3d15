"""`graft`, the shell: one file a command; `main` lists them."""
