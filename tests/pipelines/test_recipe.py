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


def test_a_recipe_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="no recipe 'none'"):
        load_recipe("none")


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "pipelines/recipes/scripted.yaml").read_text()
    path = tmp_path / "recipe.yaml"
    path.write_text(text.replace("samples_per_leaf", "samples_a_leaf"))
    with pytest.raises(WrongUse, match="samples_a_leaf"):
        load_recipe(str(path))
