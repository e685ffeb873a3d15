"""InstructLab's own parser, run in this process: its linter without a process a leaf, its places without `yq`."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import instructlab.schema.taxonomy as peer
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from taxonomy_schema.files import LeafFiles

CONFIG = YamlLintConfig(peer.DEFAULT_YAMLLINT_CONFIG)
_STEP = re.compile(r"\.([A-Za-z_<]\w*)|\[(\d+)\]")


class Said(NamedTuple):
    """One error; `first` to `last` are the lines of what it speaks of, with its key."""

    line: int
    first: int
    last: int
    message: str


def verdict(files: LeafFiles, folder: Path, *, lint: bool) -> list[Said]:
    """What it says against a leaf, judged by the leaf's own version."""
    path = folder / files.id / "qna.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(files.qna or b"")
    text = path.read_text("utf-8")
    with _in_process(lint=lint) as errors:
        parser = peer.TaxonomyParser(schema_version=0, message_format="standard")
        try:
            parser.parse(path)
        except peer.TaxonomyReadingException as error:
            mark = getattr(error.__cause__, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            return [Said(line, line, line, str(error.__cause__))]
    return [_spanned(text, line, message, at) for line, message, at in errors]


@contextmanager
def _in_process(*, lint: bool) -> Iterator[list[tuple[int, str, str]]]:
    errors: list[tuple[int, str, str]] = []

    def linted(command: list[str], *, input: str, **options: Any) -> SimpleNamespace:  # noqa: A002 - its name there
        del command, options
        problems = linter.run(input, CONFIG) if lint else ()
        told = [f"stdin:{each.line}:{each.column}: [{each.level}] {each.message}" for each in problems]
        return SimpleNamespace(stdout="\n".join(told))

    def record(
        self: Any, message: str, *values: object, line: str | int = 1, yaml_path: str = "", **_: Any
    ) -> Any:
        self.errors += 1
        errors.append((int(line), message % values if values else message, yaml_path))
        return self

    processes = SimpleNamespace(
        run=linted, check_output=lambda *_, **__: "1", PIPE=-1, STDOUT=-2, CalledProcessError=subprocess.SubprocessError
    )  # fmt: skip
    with (
        mock.patch.object(peer, "subprocess", processes),
        mock.patch.object(peer.Taxonomy, "error", record),
        mock.patch.object(peer.Taxonomy, "warning", lambda self, *_, **__: self),
    ):
        yield errors


def _spanned(text: str, line: int, message: str, path: str) -> Said:
    if not path:
        return Said(line, line, line, message)
    key: Any = None
    node: Any = yaml.compose(text, yaml.CSafeLoader)
    for name, index in _STEP.findall(path):
        if name:
            key, node = [pair for pair in node.value if pair[0].value == name][-1]
        else:
            key, node = None, node.value[int(index)]
    line = node.start_mark.line + 1
    return Said(line, key.start_mark.line + 1 if key else line, node.end_mark.line + 1, message)
