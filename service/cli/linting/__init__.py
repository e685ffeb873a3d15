"""How `graft lint` gets through a whole tree: on all cores, and a second time only through what changed."""
