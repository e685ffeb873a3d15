"""What takes too long ends, and nobody else's cancelling is taken for that."""

import asyncio

import pytest

from service.webhooks.patience import Patience


async def wait(seconds: float, begun: asyncio.Event | None = None) -> None:
    with Patience(seconds):
        if begun is not None:
            begun.set()
        await asyncio.Event().wait()


async def test_what_takes_too_long_ends_and_the_task_goes_on() -> None:
    with pytest.raises(TimeoutError):
        await wait(0.001)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_what_ends_in_time_is_left_alone() -> None:
    with Patience(0.001):
        pass
    fired = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, fired.set)  # later than the limit would have been
    await fired.wait()


async def test_who_else_cancels_is_heard() -> None:
    begun = asyncio.Event()
    task = asyncio.ensure_future(wait(30, begun))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelling_beside_the_limits_own_is_heard() -> None:
    patience = Patience(30)

    async def both() -> None:
        task = asyncio.current_task()
        assert task is not None
        with patience:
            task.cancel()
            patience._end()
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(both())
