"""Evaluate runs to try stages on, without the pull request's whole way."""

from pipelines.plan import RunContext
from service.jobs.advance import start
from service.jobs.recipes import recipe_of
from service.jobs.tools import Tools
from service.ledger.queries import RunView
from service.ledger.runs import RunRequest
from service.ledger.tables import RunKind
from tests.service.jobs.conftest import Pull


def start_evaluation(tools: Tools, pull: Pull | None = None, *, like: RunView | None = None) -> int:
    """Of a pull request against where its branch began, or of the same commits as another run."""
    if pull is not None:
        head, base = pull.head, pull.copy.git("merge-base", "HEAD", "origin/HEAD").strip()
        number = pull.number
    else:
        assert like is not None
        head, base, number = like.head_sha, like.base_sha, like.number
    context = RunContext(kind="evaluate", recipe=recipe_of(tools.settings), commit=head, base_commit=base)
    request = RunRequest(
        kind=RunKind.EVALUATE,
        repository=tools.settings.repositories[0],
        number=number,
        head_sha=head,
        base_sha=base,
        requested_by="max",
        context=context,
    )
    with tools.write() as session:
        return start(session, tools.settings, request, now=tools.now()).id
