"""What the journey says while it runs: steps, notes, and one line a stage that fills up."""

from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from service.ledger.queries import StageView
from service.ledger.tables import StageState


@dataclass
class Show:
    """On a terminal the running stage is a live line; elsewhere each change is a line of its own."""

    console: Console
    _status: Status | None = None
    _last: dict[tuple[int, str, str], str] = field(default_factory=dict)

    def step(self, text: str) -> None:
        self._settle()
        self.console.print(f"\n[bold]{escape(text)}[/bold]", soft_wrap=True)

    def note(self, text: str) -> None:
        self._settle()
        self.console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)

    def stage(self, run_id: int, stage: StageView) -> None:
        """Say how a stage stands, when that is new."""
        key = (run_id, stage.name, stage.subject)
        if stage.state is StageState.RUNNING:
            self._running(key, stage)
        elif stage.state in _MARKS and self._last.get(key) != stage.state:
            self._last[key] = stage.state
            self._settle()
            self.console.print(
                f"  {_MARKS[stage.state]} {stage.title:20} {_outcome(stage)}", highlight=False, soft_wrap=True
            )

    def done(self) -> None:
        self._settle()

    def _running(self, key: tuple[int, str, str], stage: StageView) -> None:
        line = f"{stage.title:20} {bar(stage.share)} {stage.message}".rstrip()
        if self.console.is_terminal:
            if self._status is None:
                self._status = self.console.status("")
                self._status.start()
            self._status.update(line)
        else:
            # A log is not flooded: a line when it starts, then at each tenth.
            mark = f"running {int(stage.share * 10)}"
            if self._last.get(key) != mark:
                self._last[key] = mark
                self.console.print(f"  … {line}", highlight=False, markup=False, soft_wrap=True)

    def _settle(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


_MARKS = {
    StageState.SUCCEEDED: "[green]✓[/green]",
    StageState.FAILED: "[red]✗[/red]",
    StageState.CANCELLED: "[yellow]-[/yellow]",
}


def _outcome(stage: StageView) -> str:
    if stage.state is not StageState.SUCCEEDED:
        return escape(str(stage.failure.get("message", stage.state)))
    if stage.reused:
        return "[cyan]reused[/cyan]: an artifact with its inputs key was there"
    return f"in {timedelta(seconds=round(stage.seconds))}"


def bar(share: float, width: int = 20) -> str:
    """`share` between 0 and 1."""
    full = round(share * width)
    return "█" * full + "░" * (width - full)
