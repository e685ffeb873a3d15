"""The commands that answer with a run, said in an open pull request, and what is answered."""

from dataclasses import dataclass, field

from service.cli.journey.steps import Journey
from service.reports.trials.model import run_marker

COMMANDS = {
    "precheck": ("max", "/graft precheck"),
    "preview": ("max", "/graft preview"),
    "ask": ("max", '/graft ask "What has "thirty" lanterns?"'),
    "release": ("max", "/graft release --dry-run"),
}
"""Run kind -> who says what."""


@dataclass
class Commands:
    """`answers`: kind -> the bodies of the comments that answer it, when all is said."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    releases_after_the_dry_run: int = -1

    def say_them(self, journey: Journey) -> None:
        """Say all of them at once, and wait until each has its result."""
        ids = {
            kind: journey.standin.person(login).comment(journey.number, text).id
            for kind, (login, text) in COMMANDS.items()
        }
        journey._wait("the answers", lambda: self._all_answered(journey, ids), within=240)
        self.releases_after_the_dry_run = journey.standin.person("max").repo().get_releases().totalCount

    def answer(self, kind: str) -> str:
        (body,) = self.answers[kind]
        return body

    def _all_answered(self, journey: Journey, ids: dict[str, int]) -> bool:
        issue = journey.standin.person("ada").repo().get_issue(journey.number)
        bodies = [
            comment.body
            for comment in issue.get_comments()
            if comment.user.login == journey.standin.seeded.bot
        ]
        self.answers = {
            kind: [body for body in bodies if run_marker(comment_id, kind) in body]
            for kind, comment_id in ids.items()
        }
        return all(found and "⏳" not in found[0] for found in self.answers.values())
