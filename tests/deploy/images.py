"""Reads Dockerfiles and the commands in deployment files, as far as the tests need."""

import ast
import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.repository import ROOT

QUEUES = {"control", "cpu", "gpu"}


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str

    def arguments(self) -> list[str]:
        """The words after the instruction: of its JSON form, or split as a shell does."""
        text = self.rest.split("CMD", 1)[1].strip() if self.word == "HEALTHCHECK" else self.rest
        return [str(word) for word in json.loads(text)] if text.startswith("[") else shlex.split(text)


def instructions(path: Path) -> list[Instruction]:
    """The instructions of a Dockerfile, continuation lines joined, comments left out."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = [line.strip().split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [Instruction(word.upper(), rest) for word, rest in found]


def fault_of_command(command: list[str]) -> str | None:
    """What in one of our own commands names something that does not exist; None when all is there."""
    match command:
        case ["celery", "-A", module, kind, *rest] if kind in {"worker", "beat"}:
            if not module_file(module).is_file():
                return f"there is no module {module}"
            queue = rest[rest.index("-Q") + 1] if "-Q" in rest else None
            return f"there is no queue {queue}" if kind == "worker" and queue not in QUEUES else None
        case ["uvicorn", "--factory", target, *_]:
            module, _, name = target.partition(":")
            return None if defines(module, name) else f"{module} defines no {name}"
        case ["python", "-m", module]:
            there = module_file(f"{module}.__main__").is_file()
            return None if there else f"{module} cannot be run as a module"
        case ["python", "-c", code]:
            return next(
                (fault for node in ast.walk(ast.parse(code)) if (fault := fault_of_import(node))), None
            )
        case ["graft", name, *_]:
            return None if defines(f"service.cli.{name}", name) else f"graft has no command {name}"
        case ["nvidia-smi", *_]:
            return None
    return f"{command} is no command of ours"


def fault_of_import(node: ast.AST) -> str | None:
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("service"):
        missing = [alias.name for alias in node.names if not defines(node.module, alias.name)]
        return f"{node.module} defines no {missing[0]}" if missing else None
    return None


def module_file(module: str) -> Path:
    path = ROOT / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def defines(module: str, name: str) -> bool:
    if not module_file(module).is_file():
        return False
    tree = ast.parse(module_file(module).read_text())
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name for node in tree.body)
