"""Types of columns that every database of ours understands alike."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

import lz4.frame
from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator

_LZ4_MAGIC: Final = b"\x04\x22\x4d\x18"
"""How a frame begins; no JSON does."""
_WORTH_PACKING: Final = 512


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return (
            None
            if value is None
            else value.replace(tzinfo=UTC)
            if value.tzinfo is None
            else value.astimezone(UTC)
        )


def packed(value: bytes) -> bytes:
    """As a column of PackedBytes holds it."""
    return value if len(value) < _WORTH_PACKING else bytes(lz4.frame.compress(value))


class PackedBytes(TypeDecorator[bytes]):
    """Bytes packed with LZ4: a webhook's JSON takes about a quarter, and that is what is written to the disk.

    What is there unpacked, from a release that did not pack, is read as it is.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else packed(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        if value is None or not value.startswith(_LZ4_MAGIC):
            return value
        return bytes(lz4.frame.decompress(value))


E = TypeVar("E", bound=StrEnum)


class EnumText(TypeDecorator[E]):
    """An enumeration's member, stored as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, enumeration: type[E]) -> None:
        super().__init__()
        self.enumeration = enumeration

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.enumeration(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        return None if value is None else self.enumeration(value)
