"""Facts become commands. Pure: no SQL, no network, no clock."""
