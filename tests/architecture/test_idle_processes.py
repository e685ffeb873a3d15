"""What waits for days holds little: a process loads at its start what it uses, and nothing that is needed once a week.

How much that is in megabytes, `scripts/measure_idle.py` tells; docs/benchmarks/idle.md keeps it.
"""

import os
import subprocess
import sys

import pytest

from tests.architecture.repository import ROOT

NOBODY = frozenset(
    {
        *("numpy", "scipy", "torch", "transformers", "vllm", "openai"),
        *("alembic", "mako", "pygments", "rich", "typer"),
        *("datasketch", "detect_secrets", "license_expression", "py3langid", "ruamel", "jsonschema"),
    }
)
"""Loaded by none of them when idle."""
STAGES_ALONE = NOBODY | {
    *("fastapi", "uvicorn", "jinja2", "github", "cryptography.hazmat", "jsonschema_rs", "markdown_it"),
    *(
        "taxonomy_schema.rules",
        "service.decisions.policy",
        "service.reports",
        "service.web",
        "service.webhooks",
    ),
}
NOT_LOADED = {
    "service.app": NOBODY
    | {
        *("github", "jsonschema_rs", "yaml", "markdown_it"),
        *("taxonomy_schema.rules", "pipelines.recipe", "service.decisions.policy", "service.jobs"),
    },
    "service.worker": NOBODY | {"fastapi", "uvicorn", "jinja2", "service.web", "service.webhooks"},
    "service.stage_worker": STAGES_ALONE,
    "service.beat": STAGES_ALONE
    | {"sqlalchemy", "pipelines", "taxonomy_schema", "service.jobs", "service.ledger"},
}
"""Composition root -> what it leaves to others, or for later."""


def loaded_by(code: str) -> set[str]:
    """The modules of a fresh interpreter that has run this."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return set(done.stdout.split())


def test_every_root_is_looked_at() -> None:
    roots = {path.stem for path in (ROOT / "service").glob("*.py")} & {
        *("app", "beat", "worker"),
        *(path.stem for path in (ROOT / "service").glob("*_worker.py")),
    }

    assert {f"service.{root}" for root in roots} == set(NOT_LOADED)


@pytest.mark.parametrize("root", NOT_LOADED)
def test_a_process_loads_nothing_that_it_does_not_need_to_wait(root: str) -> None:
    loaded = loaded_by(f"import {root}")

    assert root in loaded
    assert loaded & NOT_LOADED[root] == set()


def test_being_ready_is_told_without_what_migrates() -> None:
    loaded = loaded_by(
        "from sqlalchemy import create_engine\n"
        "from service.ledger import migrations\n"
        "with create_engine('sqlite://').connect() as connection:\n"
        "    assert migrations.present(connection) != migrations.newest()"
    )

    assert loaded & {"alembic", "mako"} == set()


def test_logs_leave_rich_to_those_who_show_things_to_people() -> None:
    loaded = loaded_by("import service.logging, rich.console")

    assert {"structlog", "rich.console"} <= loaded
