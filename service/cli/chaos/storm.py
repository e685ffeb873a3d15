"""One storm from beginning to end, on one database."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from service.cli.chaos import witness
from service.cli.chaos.checker import Finding, check
from service.cli.chaos.house import House, house
from service.cli.chaos.nemesis import Nemesis
from service.cli.chaos.people import People
from service.cli.chaos.plan import Fault, steps
from service.cli.chaos.settle import settle

_DELIVERIES_AN_ACT = 1.85
"""What an act of a person leads to at least, our own comments and check runs and the repeats counted in; measured."""
REPEATED, NEVER_SENT = 0.30, 0.05
_FOR_EVER = 1_000_000
_LOOK_EVERY = 10


@dataclass(frozen=True)
class StormOptions:
    home: Path
    database_url: str = ""
    seed: int = 0
    deliveries: int = 200
    kills: int = 20
    evaluations: int = 0
    """How many pull requests are approved and must be evaluated, by the scripted engine."""
    release: bool = False
    recipe: str = "scripted"
    patience: float = 600.0
    """Seconds to become quiet after the storm."""


@dataclass
class StormReport:
    seed: int
    deliveries: int = 0
    """Webhooks that were sent, repeats counted, those never sent not."""
    acts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    mended: int = 0
    """Comments that were there twice for a while, and were removed again."""
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        return self.faults.total()

    def count(self, what: str) -> int:
        return sum(finding.what == what for finding in self.findings)


def storm(options: StormOptions, say: Callable[[str], None]) -> StormReport:
    """Let people and faults loose in the order that the seed gives, wait for quiet, and count what it cost."""
    began = time.monotonic()
    where = house(
        options.home / "world", database_url=options.database_url, recipe=options.recipe, shared=options.home
    )
    with where as there:
        people, nemesis = People(there.standin, options.home), Nemesis(there)
        _mislead(there)
        acts = _rage(options, people, nemesis, say)
        nemesis.lift()
        say("the storm is over; waiting for quiet")
        left = settle(there, nemesis.tick, within=options.patience)
        asked = people.asked()
        shown = witness.shown(there, asked)
        findings = check(asked, shown, witness.ledger(there))
        return StormReport(
            seed=options.seed,
            deliveries=_sent(there),
            acts=acts,
            faults=nemesis.done,
            findings=[*findings, *(Finding("lost", text) for text in left if "compared" in text)],
            mended=shown.comments_removed,
            seconds=time.monotonic() - began,
        )


def _mislead(there: House) -> None:
    """Some webhooks are never sent, others twice."""
    there.standin.order_fault("drop-webhook", times=_FOR_EVER, share=NEVER_SENT)
    there.standin.order_fault("duplicate-webhook", times=_FOR_EVER, share=REPEATED)


def _rage(options: StormOptions, people: People, nemesis: Nemesis, say: Callable[[str], None]) -> int:
    """Returns how much people did."""
    wanted = max(1, round(options.deliveries / _DELIVERIES_AN_ACT))
    parts = options.evaluations + 1
    plan = steps(
        options.seed,
        faults_an_act=options.kills / wanted,
        approve_at=tuple(round((n + 1) * wanted / parts) for n in range(options.evaluations)),
        release_at=wanted // 3 if options.release else -1,
    )
    acts = 0
    for step in plan:
        if isinstance(step, Fault):
            nemesis.strike(step)
        else:
            people.act(step)
            acts += 1
            if acts % _LOOK_EVERY == 0:
                say(
                    f"{acts} of {wanted} acts, {_sent(nemesis.house)} deliveries, {nemesis.done.total()} faults"
                )
        nemesis.tick()
        if acts >= wanted and nemesis.done.total() >= options.kills:
            break
    return acts


def _sent(there: House) -> int:
    """Attempts that went out to us; a repeat is one more."""
    done = there.standin.faults_done()
    return (
        len(there.standin.deliveries("tried"))
        + done.get("duplicate-webhook", 0)
        - done.get("drop-webhook", 0)
    )
