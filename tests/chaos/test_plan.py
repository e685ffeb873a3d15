"""The seed alone decides what happens."""

from collections import Counter
from itertools import islice

from service.cli.chaos.plan import Act, Fault, Step, steps


def first(seed: int, count: int = 400, faults_an_act: float = 0.3) -> list[Step]:
    return list(islice(steps(seed, faults_an_act=faults_an_act, approve_at=(20,), release_at=40), count))


def test_the_same_seed_repeats_the_schedule_and_another_does_not() -> None:
    assert first(5) == first(5)
    assert first(5) != first(6)


def test_what_people_do_does_not_depend_on_what_goes_wrong() -> None:
    calm = [step for step in first(5, 300, 0.0) if isinstance(step, Act)]
    wild = [step for step in first(5, 600, 1.0) if isinstance(step, Act)]

    assert calm[: len(wild)] == wild


def test_nobody_touches_a_pull_request_that_is_closed_or_left_in_peace() -> None:
    gone: set[int] = set()
    for step in first(7, 2000, 0.0):
        assert isinstance(step, Act)
        assert step.pull not in gone
        if step.kind in {"close", "approve"}:
            gone.add(step.pull)


def test_every_kind_of_fault_comes() -> None:
    kinds = Counter(step.kind for step in first(8, 3000, 1.0) if isinstance(step, Fault))

    assert set(kinds) == {
        *("kill", "stop", "kill-stage", "stop-stage", "flush", "disk-full", "clock", "github", "slow")
    }
