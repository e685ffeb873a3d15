"""Does what people do: real Git, real REST, on the stand-in for GitHub. Keeps account of what the service owes them."""

from dataclasses import dataclass
from pathlib import Path

from service.cli.chaos.checker import Asked, Command
from service.cli.chaos.plan import Act
from service.github.standin.driver import StandIn, WorkingCopy
from service.github.standin.seed import SKILL_CONTRIBUTION


@dataclass
class Pull:
    """A pull request of Ada's."""

    number: int
    branch: str
    head: str
    good: bool
    is_open: bool = True
    evaluated: bool = False


class People:
    """Ada opens and pushes, Max comments, closes and approves."""

    def __init__(self, standin: StandIn, scratch: Path) -> None:
        self.standin = standin
        self.ada, self.max = standin.person("ada"), standin.person("max")
        self.copy: WorkingCopy = self.ada.clone(scratch / "clone")
        self.pulls: list[Pull] = []
        self.commands: list[Command] = []
        self.releases = 0
        self._written = 0

    def act(self, act: Act) -> None:
        match act.kind:
            case "open":
                self._open(good=act.good)
            case "push":
                self._push(self.pulls[act.pull], good=act.good)
            case "command":
                self._command(self.pulls[act.pull], act.text)
            case "chat":
                self.max.comment(self.pulls[act.pull].number, "A fine leaf.\n\n> /graft approve\n")
            case "edit-in":
                self._edit_in(self.pulls[act.pull])
            case "label":
                self.max.repo().get_issue(self.pulls[act.pull].number).add_to_labels("leaf")
            case "close":
                self.max.repo().get_pull(self.pulls[act.pull].number).edit(state="closed")
                self.pulls[act.pull].is_open = False
            case "approve":
                pull = self.pulls[act.pull]
                # The last word on `hold` is said before, so that nothing stands in the way.
                self._command(pull, f"/graft unhold\n/graft approve {pull.head}", answered=False)
                pull.evaluated = True
            case "release":
                self._command(self.pulls[act.pull], "/graft release", answered=False)
                self.releases += 1

    def asked(self) -> Asked:
        """What is owed now. A head that was evaluated may end as it will; that it ended is asked for."""
        return Asked(
            verdicts={
                pull.number: (pull.head, "success" if pull.good else "failure")
                for pull in self.pulls
                if pull.is_open and not pull.evaluated
            },
            closed={pull.number for pull in self.pulls if not pull.is_open},
            commands=list(self.commands),
            evaluated={pull.number: pull.head for pull in self.pulls if pull.evaluated},
            releases=self.releases,
        )

    def _open(self, *, good: bool) -> None:
        branch = f"leaf-{len(self.pulls)}"
        self.copy.git("switch", "--quiet", "--create", branch, "origin/HEAD")
        head = self._commit(good=good)
        number = self.ada.open_pull(self.copy, f"Add a leaf ({branch})").number
        self.pulls.append(Pull(number, branch, head, good))

    def _push(self, pull: Pull, *, good: bool) -> None:
        self.copy.git("switch", "--quiet", pull.branch)
        pull.head, pull.good = self._commit(good=good), good

    def _commit(self, *, good: bool) -> str:
        source = self.standin.seeded.contributions[SKILL_CONTRIBUTION]
        self._written += 1
        text = (source / "qna.yaml").read_text()
        self.copy.write(
            f"{SKILL_CONTRIBUTION}/qna.yaml", text if good else text.replace("created_by:", "created-by:", 1)
        )
        attribution = (source / "attribution.txt").read_text()
        self.copy.write(f"{SKILL_CONTRIBUTION}/attribution.txt", f"{attribution}\nDraft {self._written}\n")
        head = self.copy.commit(f"Draft {self._written}")
        self.copy.push()
        return head

    def _command(self, pull: Pull, text: str, *, answered: bool | None = None) -> None:
        comment = self.max.comment(pull.number, text)
        if answered is None:
            answered = text in {"/graft status", "/graft help", "/graft evalute"}
        self.commands.append(Command(comment.id, pull.number, answered))

    def _edit_in(self, pull: Pull) -> None:
        """A comment that says nothing at first, and a command after it was edited."""
        comment = self.max.comment(pull.number, "Let me think.")
        comment.edit("/graft status")
        self.commands.append(Command(comment.id, pull.number))
