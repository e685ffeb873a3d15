"""A recipe: all settings of all stages, as one YAML file that an operator writes and a report names."""

import re
from collections.abc import Iterable
from importlib import resources
from math import prod
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.collect.config import CollectSettings
from pipelines.compare.config import CompareConfig
from pipelines.engines.config import ModelSource
from pipelines.engines.hostfile import slots
from pipelines.errors import WrongUse
from pipelines.evaluate.config import AskSettings, EvaluateSettings, PrecheckSettings
from pipelines.generate.config import GenerateConfig, PreviewSettings
from pipelines.mix.config import MixSettings
from pipelines.train.config import TrainSettings


class Recipe(BaseModel):
    """`base_model` is what every candidate, control and release is tuned from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base_model: ModelSource
    collect: CollectSettings = CollectSettings()
    generate: GenerateConfig
    mix: MixSettings = MixSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    compare: CompareConfig = CompareConfig()
    precheck: PrecheckSettings = PrecheckSettings()
    preview: PreviewSettings = PreviewSettings()
    ask: AskSettings = AskSettings()

    def accelerators(self, stage: str) -> int:
        """How many accelerators a stage of this name works on, on all its nodes together; at least one.

        As far as the settings say, and the training's hostfile where it lies on this machine.
        """
        if stage == "train":
            hostfile = self.train.hostfile
            return (hostfile is not None and slots(Path(hostfile))) or self.train.processes
        teacher = self.generate.teacher
        if stage != "generate" or teacher.kind != "vllm":
            return 1
        said = " ".join(teacher.server_arguments).replace("=", " ")
        degrees = re.findall(r"--(?:tensor|pipeline|data)-parallel-size (\d{1,4})(?:\s|$)", said)
        return max(1, prod(int(degree) for degree in degrees))

    def with_mirrors(self, prefixes: Iterable[str]) -> "Recipe":
        """The same, allowing documents from the hosts of these URL prefixes: who mirrors a host vouches for it."""
        mirrored = (urlsplit(prefix).hostname for prefix in prefixes)
        hosts = dict.fromkeys([*self.collect.allowed_hosts, *(host for host in mirrored if host)])
        collect = self.collect.model_copy(update={"allowed_hosts": tuple(hosts)})
        return self.model_copy(update={"collect": collect})


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe that is shipped (`laptop`, `scripted`, `node`) or a YAML file.

    Raises WrongUse with every fault and its place when it cannot be read.
    """
    shipped = resources.files("pipelines") / "recipes" / f"{name_or_path}.yaml"
    try:
        text = shipped.read_text() if shipped.is_file() else Path(name_or_path).read_text()
        return Recipe.model_validate(yaml.safe_load(text))
    except FileNotFoundError:
        raise WrongUse(
            "recipe_missing",
            f"there is no recipe {name_or_path!r}",
            mend="Name a shipped recipe (laptop, scripted, node) or a YAML file.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            "recipe_unreadable",
            f"recipe {name_or_path!r} cannot be read: {error}",
            mend="Name a shipped recipe (laptop, scripted, node) or a YAML file.",
        ) from error
    except (ValidationError, yaml.YAMLError) as error:
        raise WrongUse(
            "recipe_unreadable", f"recipe {name_or_path!r}: {error}", mend="Mend the places named above."
        ) from error
