"""The whole journey on one machine: what `graft demo` does, `graft bench journey` measures and the tests walk."""
