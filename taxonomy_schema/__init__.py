"""What a contribution is: leaves, how they are read, and what the rules say of them. Pure: no network, no database."""
