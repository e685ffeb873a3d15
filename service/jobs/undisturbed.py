"""Looking at a pull request and writing about it as one: what was seen still holds when it is decided on."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from service.errors import GitHubBusy
from service.jobs.tools import Tools
from service.ledger import contributions, locks

_LOOKS: Final = 4
"""How often a pull request is looked at again when others write about it while we look."""
_Seen = TypeVar("_Seen")


def undisturbed(
    tools: Tools,
    repository: str,
    number: int,
    look: Callable[[], _Seen],
    write: Callable[[Session, _Seen], None],
) -> None:
    """Look, then write in one transaction that no other job about this pull request shares.

    Nothing is written on what was seen when another job wrote about the pull request meanwhile: what we saw may be
    older than what it saw, so we look again. `look` asks GitHub, with no transaction open. Raises GitHubBusy when
    others are always faster.
    """
    for _ in range(_LOOKS):
        with tools.read() as session:
            before = contributions.seen_at(session, repository, number)
        seen = look()
        with tools.write() as session:
            locks.alone(session, f"{repository}#{number}")
            if contributions.seen_at(session, repository, number) == before:
                write(session, seen)
                return
    raise GitHubBusy(f"{repository}#{number} changes faster than it can be looked at", retry_after=1)
