"""Reads what GitHub shows, what its history says, and what the ledger says, for the checker."""

from github.IssueComment import IssueComment
from github.Repository import Repository
from sqlalchemy import select

from service.cli.chaos.checker import Asked, CheckSeen, CommentSeen, Ledger, RunSeen, Shown
from service.cli.chaos.house import House
from service.cli.chaos.settle import left_over
from service.ledger.session import read_scope
from service.ledger.tables import Delivery, Run


def ledger(house: House) -> Ledger:
    with read_scope(house.engine) as session:
        deliveries = session.execute(select(Delivery.delivery_id, Delivery.processed_at)).all()
        runs = session.scalars(select(Run)).all()
        return Ledger(
            deliveries={delivery: at is not None for delivery, at in deliveries},
            runs=[RunSeen(run.id, run.kind.value, run.number, run.head_sha, run.state.value) for run in runs],
            left_over=left_over(session),
        )


def shown(house: House, asked: Asked) -> Shown:
    """`asked` says which pull requests and comments are looked at."""
    standin = house.standin
    bot, repo = standin.seeded.bot, standin.person("max").repo()
    mine = [deed for deed in standin.history() if deed["who"] == bot]
    tried = standin.deliveries("tried")
    commands = {command.comment_id for command in asked.commands}
    numbers = sorted({*asked.verdicts, *asked.closed, *asked.evaluated})
    made = [deed["target"] for deed in mine if deed["what"] == "check_run.created"]
    shas = sorted({target.partition("@")[2].partition(":")[0] for target in made})
    return Shown(
        comments=[_comment(c, n, bot, commands) for n in numbers for c in repo.get_issue(n).get_comments()],
        checks=[check for sha in shas for check in _checks(repo, sha)],
        checks_made=[target.partition("@")[2].partition(":")[0] for target in made],
        comments_made=sum(deed["what"] == "comment.created" for deed in mine),
        comments_removed=sum(deed["what"] == "comment.deleted" for deed in mine),
        releases_made=[deed["target"] for deed in mine if deed["what"] == "release.created"],
        acknowledged={row["guid"] for row in tried if 200 <= row["status_code"] < 300}  # noqa: PLR2004
        - {row["guid"] for row in tried if row["event"] == "ping"},
    )


def _comment(comment: IssueComment, number: int, bot: str, commands: set[int]) -> CommentSeen:
    reactions = 0
    if comment.id in commands:
        reactions = sum(reaction.user.login == bot for reaction in comment.get_reactions())
    return CommentSeen(comment.id, number, comment.user.login == bot, comment.body, reactions)


def _checks(repo: Repository, sha: str) -> list[CheckSeen]:
    found = repo.get_commit(sha).get_check_runs(filter="all")
    return [CheckSeen(run.id, run.head_sha, run.status, run.conclusion) for run in found]
