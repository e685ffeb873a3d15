"""How quick `graft lint` is: against `instructlab-schema` with `yamllint`, and against what no reader of YAML can beat.

All of it in one run and in turns, so that a machine that slows down slows both. Corpus: made-up leaves of every kind
and version, of which three in ten are broken (`corpus`).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import jsonschema_rs
import yaml
from rich.console import Console

from service.cli.benches.corpus import good_leaves, mutants
from service.cli.benches.peers import Peers
from service.cli.benches.result import BenchOptions, BenchResult, Figure, environment
from service.cli.linting.tree import lint_tree
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.policy import DEFAULT_POLICY
from taxonomy_schema.rules import check
from taxonomy_schema.schema import schema

PEERS: Final = Peers("lint", {"instructlab-schema": "0.4.2", "yamllint": "1.38.0"})
_TURNS: Final = 5
_LEAVES: Final = 2000
_PEER_LEAVES: Final = 40
_TREE: Final = 5000
_PEER: Final = """
import contextlib, io, json, sys, time
from instructlab.schema.taxonomy import TaxonomyParser, TaxonomyReadingException
for line in sys.stdin:
    files = json.loads(line)
    began = time.perf_counter()
    for file in files:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(TaxonomyReadingException):
            TaxonomyParser(schema_version=0, message_format="standard").parse(file)
    print(time.perf_counter() - began, flush=True)
"""
"""Asked as the taxonomy's own CI asks for the leaves of a tree: each by the schema of its version.
It raises at what is no YAML."""


def setup(console: Console) -> None:
    """Install the peers in an environment of their own."""
    PEERS.install(console)


def run(console: Console, options: BenchOptions) -> BenchResult:
    """Every figure of the lint benchmark; wants a quiet machine and about three minutes."""
    peers = PEERS.need()
    leaves = mutants(_LEAVES, options.seed, broken=0.3)
    with tempfile.TemporaryDirectory(prefix="graft-bench-") as made:
        base = Path(made)
        figures = {
            "speedup_vs_instructlab_schema": _speedup(base / "corpus", leaves, console),
            "time_over_floor": _over_floor(good_leaves(400, options.seed), console),
            **_tree(base / "tree", base / "caches", options.seed, console),
            "cold_start_over_yamllint": _cold_start(base, good_leaves(1, options.seed)[0], console),
        }
    return BenchResult(name="lint", figures=figures, peers=peers, environment=environment())


def write(root: Path, leaves: Sequence[LeafFiles]) -> None:
    """Leaves as folders of a taxonomy."""
    for leaf in leaves:
        folder = root / leaf.id
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((QNA, leaf.qna), (ATTRIBUTION, leaf.attribution)):
            if content is not None:
                (folder / name).write_bytes(content)


def _figure(runs: Sequence[float], unit: str, goal: str) -> Figure:
    return Figure(value=round(median(runs), 4), unit=unit, goal=goal, runs=[round(one, 4) for one in runs])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _speedup(root: Path, leaves: Sequence[LeafFiles], console: Console) -> Figure:
    """Leaves a second of both: one warm process each (ours with as many helpers as there are cores)."""
    write(root, leaves)
    step = max(1, len(leaves) // _PEER_LEAVES)
    some = [str(root / leaf.id / QNA) for leaf in leaves[::step] if leaf.qna is not None][:_PEER_LEAVES]
    ratios = []
    with subprocess.Popen(
        [PEERS.python, "-c", _PEER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=PEERS.environment(),
    ) as peer:  # fmt: skip
        assert peer.stdin is not None  # noqa: S101 - asked for above
        assert peer.stdout is not None  # noqa: S101
        lint_tree(root, DEFAULT_POLICY)
        for turn in range(_TURNS):
            ours = len(leaves) / _timed(lambda: lint_tree(root, DEFAULT_POLICY))
            print(json.dumps([os.path.relpath(file, root) for file in some]), file=peer.stdin, flush=True)
            theirs = len(some) / float(peer.stdout.readline())
            ratios.append(ours / theirs)
            console.print(f"turn {turn + 1}: {ours:,.0f} leaves/s, peer {theirs:,.1f} leaves/s")
        peer.stdin.close()
    return _figure(ratios, "leaves/s over leaves/s", "at least 500, aiming for 1,000")


def _over_floor(leaves: Sequence[LeafFiles], console: Console) -> Figure:
    """Processor time a sound leaf: every rule of ours, over reading it with marks and asking a compiled schema."""
    texts = [leaf.qna or b"" for leaf in leaves]
    loaded = [yaml.load(text, yaml.CSafeLoader) for text in texts]
    validators = {
        kind: jsonschema_rs.Draft202012Validator(schema(f"{kind}-v3")) for kind in ("knowledge", "skill")
    }
    kinds = [validators["knowledge" if leaf.id.startswith("knowledge/") else "skill"] for leaf in leaves]

    def floor() -> None:
        for text, data, validator in zip(texts, loaded, kinds, strict=True):
            yaml.compose(text, yaml.CSafeLoader)
            validator.is_valid(data)

    def ours() -> None:
        for leaf in leaves:
            check(leaf)

    ratios = []
    for _ in range(_TURNS + 1):
        marks = [time.process_time()]
        for work in (ours, floor):
            work()
            marks.append(time.process_time())
        ratios.append((marks[1] - marks[0]) / (marks[2] - marks[1]))
        console.print(
            f"{(marks[1] - marks[0]) / len(leaves) * 1e6:.0f} µs a leaf, "
            f"floor {(marks[2] - marks[1]) / len(leaves) * 1e6:.0f} µs"
        )
    return _figure(ratios[1:], "processor time over processor time", "at most 3")


def _tree(root: Path, caches: Path, seed: int, console: Console) -> dict[str, Figure]:
    """A tree of 5,000 leaves: cold, and after one change against `git status`."""
    leaves = good_leaves(_TREE, seed)
    write(root, leaves)
    _git(root, "init", "--quiet")
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", "leaves")
    variables = {**os.environ, "XDG_CACHE_HOME": str(caches)}
    cold = []
    for _ in range(3):
        shutil.rmtree(caches, ignore_errors=True)
        cold.append(_timed(lambda: _graft(root, variables)))
        console.print(f"{_TREE:,} leaves cold: {cold[-1]:.2f} s")
    ratios = []
    for turn in range(_TURNS + 1):
        changed = root / leaves[turn].id / QNA
        changed.write_bytes((leaves[turn].qna or b"") + b"# changed\n")
        status = _timed(lambda: _git(root, "status", "--porcelain"))
        again = _timed(lambda: _graft(root, variables))
        ratios.append(again / status)
        console.print(f"after a change: {again * 1e3:.0f} ms, git status {status * 1e3:.0f} ms")
    return {
        "tree_5000_cold_s": _figure(cold, "s", "at most 10"),
        "recheck_over_git_status": _figure(ratios[1:], "time over time", "at most 1.5"),
    }


def _cold_start(base: Path, leaf: LeafFiles, console: Console) -> Figure:
    """The command on one leaf against `yamllint --version`, both from nothing."""
    root = base / "one"
    write(root, [leaf])
    ratios = []
    for _ in range(_TURNS + 3):
        ours = _timed(lambda: _graft(root / leaf.id, dict(os.environ)))
        peer = _timed(
            lambda: subprocess.run([PEERS.bin / "yamllint", "--version"], check=True, capture_output=True)
        )
        ratios.append(ours / peer)
        console.print(f"one leaf from nothing: {ours * 1e3:.0f} ms, yamllint {peer * 1e3:.0f} ms")
    return _figure(ratios[1:], "time over time", "at most 1.5")


def _graft(path: Path, variables: dict[str, str]) -> None:
    """`graft lint PATH`, whatever it finds.

    Raises:
        CalledProcessError: it did not look.

    """
    # The first turn leaves the byte code, as an installation does: else every turn would compile the rules anew.
    kept = {name: value for name, value in variables.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [Path(sys.executable).with_name("graft"), "lint", path],
        check=False,
        capture_output=True,
        env=kept,
    )
    if done.returncode not in {0, 1}:
        done.check_returncode()


def _git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)
