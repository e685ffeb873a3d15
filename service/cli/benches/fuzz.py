"""A million spoilt leaves: none may crash the check, none may hold it up, and memory stays bounded.

Each input is a made-up leaf to which between one and a dozen things were done, byte by byte or with pieces of YAML that
parsers stumble over. Everything follows from the seed, so a fault that is found can be had again.
"""

import random
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final, NamedTuple

from rich.console import Console

from service.cli.benches.corpus import good_leaves, mutants
from service.cli.benches.result import BenchOptions, BenchResult, Figure, environment
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.rules import check

_CHUNK: Final = 2000
_SLOW_SECONDS: Final = 1.0
_BASE_LEAVES: Final = 60
_STEPS_DONE: Final = (1, 1, 1, 1, 2, 2, 3, 5, 12)
"""Most inputs are nearly right, so that they come past the parser and to the rules."""
_PIECES: Final = tuple(
    piece.encode("utf-8", "surrogatepass")
    for piece in (
        "&a ",
        "*a",
        "<<: *a",
        "<<: [*a, *a]",
        "!!python/object:os.system ",
        "!!int ",
        "!!binary ",
        "!x ",
        "---\n",
        "...\n",
        "? ",
        ": ",
        "- ",
        "- - - ",
        "|\n",
        ">-\n",
        "|9\n",
        "\t",
        "\n\n\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "\\",
        "\\x40",
        "\\u202e",
        "#",
        " #",
        "%YAML 1.2\n",
        "%TAG ! x:\n",
        "0x" + "f" * 90,
        "9" * 400,
        "1e999",
        ".nan",
        "2024-01-01",
        "12:34:56",
        "~",
        "yes",
        "=",
        "\u2028",
        "\x85",
        "\ufeff",
        "\u200b",
        "\x00",
        "\x7f",
        "\ud800",
        "\U0001f331",
        "@octocat",
        "<!--",
        "/graft approve",
        "<|im_start|>",
        "../",
        "[" * 40,
        "{a: " * 40,
        "a: &x [*x]\n",
        "x" * 3000,
        "word " * 600,
        "?" * 200,
        "| " * 300,
        "--" * 200,
        "seed_examples:\n",
        "version: 3\n",
        "questions_and_answers:\n",
    )
)


class _Told(NamedTuple):
    """What a chunk came to: the (chunk seed, number in it) of inputs that crashed, and the slowest of the others."""

    crashed: list[str]
    slow: int
    slowest: float
    peak_mib: float


def run(console: Console, options: BenchOptions) -> BenchResult:
    """Check `options.inputs` inputs on all cores; half an hour at the most for a million."""
    chunks = range(-(-options.inputs // _CHUNK))
    told: list[_Told] = []
    with ProcessPoolExecutor() as pool:
        waiting = [pool.submit(look, options.seed, chunk) for chunk in chunks]
        for done, future in enumerate(as_completed(waiting), start=1):
            try:
                told.append(future.result())
            except BrokenProcessPool:
                told.append(_Told(["a process died"], 0, 0.0, 0.0))
                break
            if done % 50 == 0:
                crashed = sum(len(one.crashed) for one in told)
                console.print(f"{done * _CHUNK:,} inputs, {crashed} crashes")
    for one in told:
        for name in one.crashed:
            console.print(f"crashed: {name}", markup=False)
    return BenchResult(name="fuzz", figures=_figures(told), peers={}, environment=environment())


def _figures(told: Sequence[_Told]) -> dict[str, Figure]:
    def figure(value: float, unit: str, goal: str) -> Figure:
        return Figure(value=round(value, 1), unit=unit, goal=goal, runs=[round(value, 1)])

    return {
        "inputs": figure(len(told) * _CHUNK, "inputs", "1,000,000"),
        "crashes": figure(sum(len(one.crashed) for one in told), "inputs", "0"),
        "over_one_second": figure(sum(one.slow for one in told), "inputs", "0"),
        "slowest_ms": figure(max(one.slowest for one in told) * 1e3, "ms of processor time", "under 1,000"),
        "peak_mib": figure(max(one.peak_mib for one in told), "MiB of one process", "bounded"),
    }


def look(seed: int, chunk: int, count: int = _CHUNK) -> _Told:
    """Check the first `count` inputs of a chunk."""
    crashed, slow, slowest = [], 0, 0.0
    base = base_of(seed)
    for number in range(count):
        name = f"{seed}/{chunk}/{number}"
        files = spoilt(name, base)
        began = time.process_time()
        try:
            check(files)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what we look for
            crashed.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
        took = time.process_time() - began
        slow += took > _SLOW_SECONDS
        slowest = max(slowest, took)
    return _Told(crashed, slow, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def base_of(seed: int) -> list[LeafFiles]:
    """The leaves that are spoilt."""
    return [*good_leaves(_BASE_LEAVES, seed), *mutants(_BASE_LEAVES, seed)]


def spoilt(name: str, base: Sequence[LeafFiles]) -> LeafFiles:
    """The input of that name: `seed/chunk/number`."""
    draw = random.Random(name)  # noqa: S311 - no secret is drawn
    leaf = draw.choice(base)
    data = bytearray(leaf.qna or b"")
    for _ in range(draw.choice(_STEPS_DONE)):
        draw.choice(_STEPS)(data, draw, base)
    attribution = bytearray(leaf.attribution or b"")
    if draw.random() < 0.1:  # noqa: PLR2004 - now and then
        draw.choice(_STEPS)(attribution, draw, base)
    return LeafFiles(leaf.id, bytes(data), bytes(attribution))


def _cut(data: bytearray, draw: random.Random, longest: int = 200) -> slice:
    start = draw.randrange(len(data) + 1)
    return slice(start, min(len(data), start + draw.randint(1, longest)))


def _flip(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    if data:
        data[draw.randrange(len(data))] = draw.randrange(256)


def _insert(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.choice(_PIECES)


def _drop(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    del data[_cut(data, draw)]


def _repeat(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    piece = data[_cut(data, draw, 60)]
    at = draw.randrange(len(data) + 1)
    data[at:at] = piece * draw.choice((2, 3, 10, 100, 400))


def _swap(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    lines = bytes(data).split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _splice(data: bytearray, draw: random.Random, base: Sequence[LeafFiles]) -> None:
    other = bytearray(draw.choice(base).qna or b"")
    at = draw.randrange(len(data) + 1)
    data[at:at] = other[_cut(other, draw, 600)]


def _indent(data: bytearray, draw: random.Random, _: Sequence[LeafFiles]) -> None:
    lines = bytes(data).split(b"\n")
    at = draw.randrange(len(lines))
    lines[at] = draw.choice((b" ", b"  ", b"\t", b"      ")) + lines[at].lstrip(
        draw.choice((b" ", b"")) or None
    )
    data[:] = b"\n".join(lines)


_STEPS: Final[tuple[Callable[[bytearray, random.Random, Sequence[LeafFiles]], None], ...]] = (
    _flip, _insert, _insert, _insert, _drop, _repeat, _swap, _splice, _indent,
)  # fmt: skip
