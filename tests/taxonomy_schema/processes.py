"""A fresh interpreter, for what must not depend on this one."""

import os
import subprocess
import sys


def output_of(code: str, **environment: str) -> str:
    """What a Python program writes."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ | environment
    )
    return done.stdout


def modules_after(code: str) -> set[str]:
    """The top names of the modules that are loaded once a program has run."""
    return set(
        output_of(f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})").split()
    )
