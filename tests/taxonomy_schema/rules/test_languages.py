"""Seeds in another language than their leaf's: by script in each check, by words in a change."""

import subprocess
import sys

import pytest

from taxonomy_schema.findings import Finding
from taxonomy_schema.parse import read_source
from taxonomy_schema.rules import check, check_change
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.languages import language_findings
from tests.taxonomy_schema.leaves import SKILL_ID, Repository, files, from_example

LAST = ("Why do we sleep?", "Body and mind mend themselves.")
GERMAN = ("Warum schwimmt Eis auf dem Wasser?", "Es ist leichter als das Wasser, das es verdrängt.")
SPANISH = ("¿Por qué flota el hielo en el agua?", "Porque el hielo es menos denso que el agua.")
RUSSIAN = ("Почему лёд плавает в воде?", "Он легче воды, которую вытесняет.")
ENGLISH = (
    ("Why is the sky blue?", "Air scatters blue light most."),
    ("Why does bread rise?", "Yeast makes gas in the dough."),
    ("Why do leaves fall?", "The tree saves its water for the winter."),
    ("Why does ice float?", "It is lighter than the water."),
)


def skill(*pairs: tuple[str, str]) -> str:
    seeds = "".join(f'  - question: "{question}"\n    answer: "{answer}"\n' for question, answer in pairs)
    return f"version: 3\ncreated_by: ada\ntask_description: Answer.\nseed_examples:\n{seeds}"


def by_script(text: str) -> list[Finding]:
    return [one for one in check(files(text)).findings if one.code == "GL311"]


def by_words(text: str) -> list[Finding]:
    source = read_source(files(text))
    assert source.sound
    return list(language_findings(source))


@pytest.mark.parametrize(
    ("stray", "said"),
    [
        (RUSSIAN, "Cyrillic letters"),
        (("氷はなぜ水に浮くのですか。", "水より軽いからです。"), "Chinese or Japanese characters"),
        (("Γιατί επιπλέει ο πάγος;", "Είναι πιο ελαφρύς από το νερό."), "Greek letters"),
    ],
)
def test_a_seed_in_another_script_is_told_by_every_check(stray: tuple[str, str], said: str) -> None:
    (found,) = by_script(skill(*ENGLISH, stray))

    assert found.place.line == 13
    assert said in found.message
    assert "Latin letters" in found.message
    assert by_words(skill(*ENGLISH, stray)) == []  # told once


@pytest.mark.parametrize(
    "leaf",
    [
        # The answers are what is asked for.
        skill(*((f"Say in Russian: {question}", RUSSIAN[1]) for question, _ in (*ENGLISH, LAST))),
        skill(*ENGLISH, ("What is ice in Russian?", "Лёд, или замёрзшая вода.")),
        skill(*ENGLISH, ("What does “лёд плавает в воде” mean?", "Ice floats on water.")),
        # Names and signs of other scripts.
        skill(*ENGLISH, ("Who was Пётр Ильич Чайковский, the composer?", "He wrote “Щелкунчик”.")),
        skill(*ENGLISH, ("What is α + β + γ in a triangle?", "180°, as Εὐκλείδης showed.")),
        skill(*ENGLISH, ("2 + 2?", "四")),
        # As many in one as in the other.
        skill(*ENGLISH[:3], RUSSIAN, ("Зачем мы спим каждую ночь?", "Тело и ум восстанавливаются.")),
    ],
)  # fmt: skip
def test_what_is_in_two_scripts_on_purpose_is_not_meant(leaf: str) -> None:
    assert by_script(leaf) == []


@pytest.mark.parametrize(
    ("stray", "language"),
    [
        (GERMAN, "German"),
        (SPANISH, "Spanish"),
        (("Mengapa es dapat mengapung di atas air laut?", "Karena es lebih ringan daripada air."), "Indonesian"),
        (("Waarom drijft het ijs op het water?", "Het is lichter dan het water dat het verplaatst."), "Dutch"),
    ],
)  # fmt: skip
def test_a_language_in_the_same_script_is_told_by_its_words(stray: tuple[str, str], language: str) -> None:
    text = skill(*ENGLISH, stray)

    (found,) = by_words(text)

    assert by_script(text) == []
    assert f"in {language}; the rest of the leaf is in English" in found.message
    assert found.place.line == 13


def test_several_are_told_at_once() -> None:
    (found,) = by_words(
        skill(*ENGLISH, ("Who lives in the woods?", "The foxes live in the woods."), GERMAN, SPANISH)
    )

    assert "in German, and so is 1 more" in found.message


@pytest.mark.parametrize(
    "leaf",
    [
        skill(*ENGLISH, LAST),
        skill(*ENGLISH, ("2 + 2 = ?", "4")),
        skill(*ENGLISH, ("def f(x): return x ** 2", "print([f(x) for x in range(10)])")),
        skill(*ENGLISH, ("Say “Why does ice float on water?” in German.", GERMAN[0])),
        skill(*ENGLISH, ("What does “Warum schwimmt Eis auf dem Wasser?” mean?", "Why does ice float on the water?")),
        skill(*ENGLISH, ("Name synonyms of happy.", "joyful, glad, cheerful, merry, jolly, jovial, blithe")),
        skill(*ENGLISH, ("Who composed Der Ring des Nibelungen?", "Richard Wagner did, in Bayreuth.")),
        skill(*ENGLISH, ("Quote Caesar on Gaul.", "Gallia est omnis divisa in partes tres.")),
        # A leaf that is in another language throughout, or in two.
        skill(GERMAN, ("Warum ist der Himmel blau?", "Die Luft streut das blaue Licht."), *ENGLISH[:3]),
        skill(*[(f"{GERMAN[0]} {n}", f"{GERMAN[1]} {n}") for n in "abcde"]),
    ],
)  # fmt: skip
def test_short_odd_and_quoted_texts_are_no_other_language(leaf: str) -> None:
    assert by_words(leaf) == []


def test_of_knowledge_the_questions_count_and_not_the_contexts() -> None:
    foreign = knowledge(
        "The first hill has one oak.", "Auf dem ersten Hügel steht eine Eiche, unter der Füchse wohnen."
    )

    assert list(language_findings(read_source(from_example(foreign)))) == []
    assert list(language_findings(read_source(from_example(GOOD_KNOWLEDGE)))) == []


def test_a_pull_request_is_told_of_a_stray_language(repository: Repository) -> None:
    repository.leaf(SKILL_ID, skill(*ENGLISH, GERMAN))
    repository.commit()

    report = check_change(repository.folder, "main~1", "main")

    assert [one.code for one in report.findings] == ["GL311"]
    assert report.ok


def test_a_check_loads_nothing_that_knows_languages() -> None:
    leaf = skill(*ENGLISH, GERMAN)
    program = (
        "import sys; from taxonomy_schema.files import LeafFiles; from taxonomy_schema.rules.checking import check;"
        f"check(LeafFiles({SKILL_ID!r}, {leaf.encode()!r}, b'x'));"
        "sys.exit(bool({'py3langid', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
