"""Leaves made up for benchmarks and differential tests: sound ones, and changed ones of which a share is broken.

All is drawn from a seed, so that a figure or a failure can be had again. No text is anybody's: it is made of words.
"""

import random
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from service.cli.benches.faults import FAULTS, WHIMS, Change
from taxonomy_schema.files import LeafFiles


def _words(text: str) -> tuple[str, ...]:
    """The words of a list that is written as a text."""
    return tuple(text.split())


_ADJECTIVES: Final = _words(
    "amber ancient bitter brisk broad calm clever copper crooked damp dusty early eager faint fierce gentle golden "
    "hollow humble icy idle jagged keen lively lonely mellow misty narrow noisy old pale patient plain polished quiet "
    "rapid rough rusty salty sharp silver slender smooth steady steep sturdy tall tiny vivid warm wooden young"
)
_NOUNS: Final = _words(
    "anchor baker barn basket beaver bell bridge candle canal carpenter cart castle cellar clock cobbler compass crane "
    "drum engine falcon farmer ferry fiddle fisher forge fountain gardener gate glacier harvest heron horse kettle "
    "kiln ladder lantern library lighthouse loom map market meadow merchant mill miner mirror needle orchard otter "
    "oven painter pigeon pilot plough pump quarry raven reservoir river sailor saw shepherd ship smith spindle "
    "stable tailor telescope tower tunnel turtle valley vineyard violin wagon weaver well wheel windmill"
)
_VERBS: Final = (
    "(admires admire) (borrows borrow) (builds build) (carries carry) (cleans clean) (crosses cross) (draws draw) "
    "(feeds feed) (finds find) (follows follow) (guards guard) (hides hide) (lifts lift) (measures measure) "
    "(moves move) (names name) (paints paint) (protects protect) (reaches reach) (repairs repair) (shelters shelter) "
    "(signals signal) (sketches sketch) (surrounds surround) (tests test) (touches touch) (watches watch) "
    "(weighs weigh)"
)
_FORMS: Final = tuple((pair.split()[0], pair.split()[1]) for pair in _VERBS.strip("()").split(") ("))
_PLACES: Final = _words(
    "abbey bay beach border canyon capital coast corner creek crossing delta desert dock estuary field fjord forest "
    "garden gorge harbour hill inlet island junction lagoon lake marsh mountain park pass peninsula plain plateau "
    "pond port ridge shore square summit swamp terrace village waterfall wharf"
)
_SEASONS: Final = ("spring", "summer", "autumn", "winter", "April", "October", "the morning", "the evening")
_SUBJECTS: Final = ("arts", "crafts", "geography", "history", "nature", "trade", "travel", "writing")
_WIDTH: Final = 90
"""Characters of a text in one line, its key and margin not counted."""
_LEAST_SEEDS: Final = 5
_PAIRS: Final = 3


class _Fact(NamedTuple):
    """One made-up thing that is so: who does what to whom, where and when."""

    who: str
    does: tuple[str, str]
    whom: str
    where: str
    when: str

    def told(self) -> str:
        return f"The {self.who} {self.does[0]} the {self.whom} near the {self.where} in {self.when}."

    def asked(self) -> tuple[tuple[str, str], ...]:
        who, (does, do), whom, where, when = self
        return (
            (f"What does the {who} {do} near the {where}?", f"It {does} the {whom}."),
            (
                f"When does the {who} {do} the {whom}?",
                f"That happens in {when}, near the {where}.",
            ),
            (f"Where is the {whom} in {when}?", f"The {whom} is near the {where}, and the {who} {does} it."),
        )


class Mutant(NamedTuple):
    """A changed leaf and the names of the changes, for whoever must explain a difference."""

    files: LeafFiles
    changes: tuple[str, ...]


def good_leaves(count: int, seed: int) -> list[LeafFiles]:
    """Sound leaves of every kind and version, in the styles that people write YAML in, of about 3 kB each."""
    return list(islice(_leaves(random.Random(seed)), count))  # noqa: S311 - no secret is drawn


def mutants(count: int, seed: int, broken: float = 0.3) -> list[LeafFiles]:
    """Sound leaves changed once or twice; the share `broken` has a fault that should be refused."""
    return [mutant.files for mutant in named_mutants(count, seed, broken)]


def named_mutants(
    count: int, seed: int, broken: float = 0.3, leaves: Sequence[LeafFiles] = ()
) -> list[Mutant]:
    """As `mutants`, each with its changes' names; from the `leaves` given too, in turn with made-up ones."""
    draw = random.Random(seed)  # noqa: S311 - no secret is drawn
    made = _leaves(draw)
    mutated = []
    for number in range(count):
        files = leaves[number // 4 % len(leaves)] if leaves and number % 4 == 0 else next(made)
        changes: list[Change] = [draw.choice(WHIMS) for _ in range(draw.randrange(3))]
        if draw.random() < broken:
            changes.append(draw.choice(FAULTS))
        mutated.append(_changed(files, changes, draw))
    return mutated


def _changed(files: LeafFiles, changes: Sequence[Change], draw: random.Random) -> Mutant:
    text = (files.qna or b"").decode()
    done = []
    for change in changes:
        after = change.make(text, draw)
        if after != text:
            text = after
            done.append(change.name)
    content = text.encode("utf-8", "surrogateescape")
    return Mutant(LeafFiles(files.id, content, files.attribution), tuple(done))


def _leaves(draw: random.Random) -> Iterator[LeafFiles]:
    number = 0
    while True:
        make = draw.choices((_freeform, _grounded, _knowledge), (5, 2, 3))[0]
        number += 1
        yield make(draw, f"{draw.choice(_SUBJECTS)}/{draw.choice(_NOUNS)}_{number}")


def _facts(draw: random.Random, count: int) -> list[_Fact]:
    """No two with the same actor, so that no two questions are alike."""
    actors = draw.sample(_NOUNS, count)
    return [
        _Fact(
            f"{draw.choice(_ADJECTIVES)} {actor}",
            draw.choice(_FORMS),
            f"{draw.choice(_ADJECTIVES)} {draw.choice(_NOUNS)}",
            f"{draw.choice(_ADJECTIVES)} {draw.choice(_PLACES)}",
            draw.choice(_SEASONS),
        )
        for actor in actors
    ]


def _written(text: str, indent: int, draw: random.Random) -> str:
    """A text as the value of a key that stands at `indent`: plain, quoted, or as a block."""
    margin = "\n" + " " * (indent + 2)
    style = draw.random()
    folded = margin.join(textwrap.wrap(text, _WIDTH, break_on_hyphens=False))
    if style < 0.5:  # noqa: PLR2004 - shares of the styles
        return f" {folded}"
    if style < 0.7:  # noqa: PLR2004
        return f' "{folded}"'
    return (" |" if style < 0.9 else " >") + margin + text.replace("\n", margin)  # noqa: PLR2004


def _head(draw: random.Random, subject: str) -> tuple[str, str]:
    """The line of `created_by`, and a sentence on what the leaf is about."""
    topic = subject.rpartition("/")[2].rpartition("_")[0]
    by = f"created_by: {draw.choice(_NOUNS)}-{draw.randrange(100)}\n"
    return by, f"Tell what the {topic} has to do with its place."


def _skill(draw: random.Random, leaf_id: str, *, grounded: bool) -> LeafFiles:
    by, task = _head(draw, leaf_id)
    version = draw.choices((1, 2, 3), (1, 1, 4))[0]
    first = "" if version == 1 and draw.random() < 0.5 else f"version: {version}\n"  # noqa: PLR2004
    lines = [first, by, f"task_description:{_written(task, 0, draw)}\n", "seed_examples:\n"]
    margin = draw.choice(("", "  "))
    for fact in _facts(draw, draw.randint(_LEAST_SEEDS, 9)):
        told = "\n".join((fact.told(), *(other.told() for other in _facts(draw, draw.randint(2, 5)))))
        question, answer = draw.choice(fact.asked())
        if not grounded:
            answer += "\n" + "\n".join(other.told() for other in _facts(draw, draw.randint(0, 3)))
        lines.append(f"{margin}- question:{_written(question, len(margin) + 2, draw)}\n")
        if grounded:
            lines.append(f"{margin}  context:{_written(told, len(margin) + 2, draw)}\n")
        lines.append(f"{margin}  answer:{_written(answer.strip(), len(margin) + 2, draw)}\n")
    return LeafFiles(leaf_id, "".join(lines).encode(), _attribution(leaf_id))


def _freeform(draw: random.Random, subject: str) -> LeafFiles:
    return _skill(draw, f"compositional_skills/{subject}", grounded=False)


def _grounded(draw: random.Random, subject: str) -> LeafFiles:
    return _skill(draw, f"compositional_skills/grounded/{subject}", grounded=True)


def _knowledge(draw: random.Random, subject: str) -> LeafFiles:
    by, outline = _head(draw, subject)
    commit = f"{draw.getrandbits(160):040x}"
    lines = [
        f"version: 3\n{by}domain: {subject.partition('/')[0]}\n",
        f"document_outline:{_written(outline, 0, draw)}\n",
        f'document:\n  repo: https://github.com/example/{subject.rpartition("/")[2]}.git\n  commit: "{commit}"\n',
        '  patterns:\n    - "*.md"\nseed_examples:\n',
    ]
    for _ in range(draw.randint(_LEAST_SEEDS, 7)):
        facts = _facts(draw, draw.randint(3, 6))
        context = "\n".join(fact.told() for fact in facts)
        lines.append(f"  - context:{_written(context, 4, draw)}\n    questions_and_answers:\n")
        for fact in facts[:_PAIRS]:
            question, answer = draw.choice(fact.asked())
            lines.append(f"      - question:{_written(question, 8, draw)}\n")
            lines.append(f"        answer:{_written(answer, 8, draw)}\n")
    leaf_id = f"knowledge/{subject}"
    return LeafFiles(leaf_id, "".join(lines).encode(), _attribution(leaf_id))


def _attribution(leaf_id: str) -> bytes:
    title = leaf_id.rpartition("/")[2].replace("_", " ")
    return (
        f"Title of work: The {title}\nLink to work: https://example.org/{title.replace(' ', '/')}\n"
        "Revision: https://example.org/?id=1\nLicense of the work: CC-BY-4.0\nCreator names: Ada Example\n"
    ).encode()
