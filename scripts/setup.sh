#!/bin/sh
# Finds a CPython 3.11 and hands over to set_up.py. Kept apart because an older Python cannot even read that file.
set -eu
cd "$(dirname "$0")/.."

fits='import sys; sys.exit(sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython")'
found=""
for python in ${PYTHON:-python3.11 python3 python}; do
    command -v "$python" >/dev/null 2>&1 || continue
    if "$python" -c "$fits" 2>/dev/null; then
        exec "$python" scripts/set_up.py "$@"
    fi
    found="${found:+$found, }$python, which is $("$python" --version 2>&1 | head -n 1)"
done
echo "set-up: GraftLab's pinned packages need CPython 3.11; found ${found:-none}." >&2
echo "        Install Python 3.11 with venv and pip, or name one: make setup PYTHON=/path/to/python3.11" >&2
exit 3
