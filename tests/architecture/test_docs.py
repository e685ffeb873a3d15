"""The pages say what the code does: settings, commands and rooms."""

import re

from scripts import settings_table
from service.decisions.comment_commands import COMMANDS
from service.settings import Settings
from tests.architecture.repository import PACKAGES, ROOT, tracked_files


def test_the_table_of_settings_is_current() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()

    assert page == settings_table.with_table(page, settings_table.table(settings_table.SOURCE.read_text()))


def test_the_table_of_settings_holds_every_setting() -> None:
    found = [setting.variable for setting in settings_table.settings(settings_table.SOURCE.read_text())]

    assert found == [f"GRAFT_{name.upper()}" for name in Settings.model_fields]


def test_a_new_setting_would_make_the_table_stale() -> None:
    source = 'class Settings:\n    port: int = 1\n    """Where\n    it listens."""\n'

    assert settings_table.table(source).splitlines()[-1] == "| `GRAFT_PORT` | `1` | Where it listens. |"


def test_the_maintainers_page_has_every_command_that_is_there() -> None:
    rows = "\n".join(
        line for line in (ROOT / "docs" / "maintaining.md").read_text().splitlines() if line[:1] == "|"
    )
    named = set(re.findall(r"`/graft (\w+)", rows))

    assert named == {spec.name for spec in COMMANDS}


def test_every_room_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    rooms = {
        path.parent.name
        for package in PACKAGES
        for path in (ROOT / package).glob("*/__init__.py")
    }  # fmt: skip
    folders = {
        path.parts[0] for path in tracked_files() if len(path.parts) > 1 and not path.parts[0].startswith(".")
    }

    assert {name for name in rooms | folders if not re.search(rf"\b{name}/", readme)} == set()
