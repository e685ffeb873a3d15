from pathlib import Path

import pytest

from pipelines.engines.hostfile import slots
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# two nodes\ngpu-node-0 slots=8\n\n  gpu-node-1   slots=16 # the larger\n#gpu-node-2 slots=4\n",
            24,
        ),
        ("", 8),
        (None, 8),  # it lies on other machines only
    ],
)
def test_a_training_over_several_nodes_costs_the_accelerators_of_all(
    tmp_path: Path, text: str | None, expected: int
) -> None:
    hostfile = tmp_path / "hostfile"
    if text is not None:
        hostfile.write_text(text)
    node = load_recipe("node")
    train = node.train.model_copy(update={"hostfile": str(hostfile)})
    recipe = node.model_copy(update={"train": train})

    assert recipe.accelerators("train") == expected
    assert recipe.accelerators("evaluate") == 1


def test_the_example_of_a_hostfile_is_counted() -> None:
    assert slots(Path(__file__).parents[2] / "deploy/hostfile.example") == 16


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
