"""DeepSpeed's hostfile: the nodes of a training, and what each of them gives."""

import re
from pathlib import Path
from typing import Final

_NODE: Final = re.compile(r"\s*(?!#)\S+\s+slots=(\d+)")


def slots(hostfile: Path) -> int:
    """The accelerators of all nodes together, by the lines that DeepSpeed's launcher reads (`NAME slots=N`).

    0 where there is no file to read: the launcher then trains on this node alone. A file with other lines it refuses.
    """
    try:
        lines = hostfile.read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(node[1]) for line in lines if (node := _NODE.match(line)))
