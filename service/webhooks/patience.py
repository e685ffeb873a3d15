"""A limit to how long a block may take, for a path where `asyncio.timeout` costs as much as the reading it limits."""

import asyncio
from types import TracebackType
from typing import Self


class Patience:
    """For a `with` around what one task awaits: what takes longer than `seconds` ends in TimeoutError."""

    __slots__ = ("_before", "_over", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only tasks wait
        self._task, self._before = task, task.cancelling()
        self._timer = task.get_loop().call_later(self._seconds, self._end)
        return self

    def _end(self) -> None:
        self._over = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        # As in `asyncio.timeout`: who else cancelled the task is not to be overheard.
        if self._over and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error
