"""Reviews and their comments: no commands are taken from them, and who gives one there is told where they count."""

from typing import Any

from sqlalchemy.orm import Session

from service.decisions.commands import Say
from service.decisions.comment_commands import PREFIX, parse
from service.decisions.wording import person
from service.github.client import GitHub, PullRequest
from service.jobs.carry_out import Scene, carry_out
from service.jobs.tools import Tools
from service.jobs.undisturbed import undisturbed
from service.ledger import deliveries
from service.ledger.tables import Delivery


def handle(tools: Tools, client: GitHub, delivery: Delivery, number: int, body: dict[str, Any]) -> None:
    """One answer for each review or review comment that holds a command; all else is stamped."""
    part = "comment" if delivery.event == "pull_request_review_comment" else "review"
    said = body.get(part)
    login = _commander(said, tools.settings.bot_login) if isinstance(said, dict) else None
    fresh = delivery.action in {"created", "submitted", "edited"}
    if login is not None and fresh and isinstance(said, dict) and isinstance(said.get("id"), int):
        repository, about = delivery.repository or "", f"{part}:{said['id']}"

        def write(session: Session, pull: PullRequest) -> None:
            now = tools.now()
            scene = Scene(session, tools.settings, pull.repository, number, None, now)
            text = (
                f"{person(login)}, commands are read from comments of the conversation only, not from reviews: "
                f"please say it there. `{PREFIX} help` lists them."
            )
            carry_out(scene, [Say(about, text)])
            deliveries.processed(session, delivery.id, now=now)

        undisturbed(tools, repository, number, lambda: client.pull_request(repository, number), write)
        return
    with tools.write() as session:
        deliveries.processed(session, delivery.id, now=tools.now())


def _commander(said: dict[str, Any], bot_login: str) -> str | None:
    """Who wrote a command there; None when there is none, or when a program wrote it."""
    user, text = said.get("user"), said.get("body")
    if not isinstance(user, dict) or not isinstance(text, str) or user.get("type") != "User":
        return None
    login = user.get("login")
    if not isinstance(login, str) or login == bot_login:
        return None
    return login if parse(text) else None
