#!/bin/sh
# Finds a CPython 3.11 and hands over to set_up.py. Kept apart because an older Python cannot even read that file.
set -eu
cd "$(dirname "$0")/.."

fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython")' 2>/dev/null
}

for python in ${PYTHON:-python3.11 python3 python}; do
    if fits "$python"; then
        exec "$python" scripts/set_up.py "$@"
    fi
done
found=$(python3 --version 2>/dev/null || echo "no python3")
echo "set-up: GraftLab's pinned packages need CPython 3.11, and ${PYTHON:-this machine} gives $found." >&2
echo "        Install Python 3.11 with venv and pip, or name one: make setup PYTHON=/path/to/python3.11" >&2
exit 3
