from pathlib import Path

import pytest

from pipelines.errors import WrongUse
from pipelines.recipe import load_recipe


@pytest.mark.parametrize("name", ["laptop", "scripted", "node"])
def test_the_shipped_recipes_load_by_name(name: str) -> None:
    assert load_recipe(name).name == name


def test_a_host_with_a_mirror_is_allowed_and_no_other() -> None:
    recipe = load_recipe("scripted")
    allowed = recipe.with_mirrors(["https://docs.example/a"]).collect.allowed_hosts
    assert set(allowed) - set(recipe.collect.allowed_hosts) == {"docs.example"}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("node", None, {"generate": 8, "train": 8, "evaluate": 1, "mix": 1}),
        ("node", ("--tensor-parallel-size", "4", "--pipeline-parallel-size=2"), {"generate": 8}),
        ("node", ("--data-parallel-size=3", "--tensor-parallel-size=2", "--seed=7"), {"generate": 6}),
        ("node", ("--tensor-parallel-size=auto",), {"generate": 1}),
        ("scripted", None, {"generate": 1, "train": 1}),
    ],
)
def test_what_a_stage_costs_counts_its_accelerators(
    name: str, arguments: tuple[str, ...] | None, expected: dict[str, int]
) -> None:
    recipe = load_recipe(name)
    if arguments is not None:
        teacher = recipe.generate.teacher.model_copy(update={"server_arguments": arguments})
        generate = recipe.generate.model_copy(update={"teacher": teacher})
        recipe = recipe.model_copy(update={"generate": generate})
    assert {stage: recipe.accelerators(stage) for stage in expected} == expected


def test_a_recipe_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="no recipe 'none'"):
        load_recipe("none")


def test_a_recipe_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "image.yaml").write_bytes(b"\xff\xd8")
    for name in (tmp_path, tmp_path / "image.yaml"):
        with pytest.raises(WrongUse, match="cannot be read"):
            load_recipe(str(name))


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "pipelines/recipes/scripted.yaml").read_text()
    path = tmp_path / "recipe.yaml"
    path.write_text(text.replace("samples_per_leaf", "samples_a_leaf"))
    with pytest.raises(WrongUse, match="samples_a_leaf"):
        load_recipe(str(path))
