"""A leaf's two files, as they are before anybody looks into them."""

from typing import Final, NamedTuple

QNA: Final = "qna.yaml"
ATTRIBUTION: Final = "attribution.txt"
MAX_BYTES: Final = 1 << 20
"""What a file may hold; of a larger one, one byte more is read, so that it shows."""


class LeafFiles(NamedTuple):
    """A leaf's folder as it was read; `None` for a file that is not there. `id` is its path in the tree."""

    id: str
    qna: bytes | None
    attribution: bytes | None
