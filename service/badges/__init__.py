"""One badge a leaf."""
