"""By which state of this package something was said of a leaf, for what is kept of it."""

import hashlib
import os
from functools import cache
from pathlib import Path


@cache
def rules_version() -> str:
    """Changes with anything that could change what is said of a leaf: the code of the rules, and their schemas."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for folder in (package, package / "rules", package / "schemas"):
        with os.scandir(folder) as inside:
            for entry in sorted(inside, key=lambda one: one.name):
                if entry.name.endswith((".py", ".json")):
                    told = entry.stat()
                    digest.update(f"{entry.name}:{told.st_size}:{told.st_mtime_ns};".encode())
    return digest.hexdigest()
