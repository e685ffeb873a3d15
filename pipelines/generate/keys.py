"""What decides a leaf's samples; whatever keeps the key keeps the samples."""

from pipelines.artifacts import LeafEntry
from pipelines.files import digest
from pipelines.generate.config import GenerateConfig
from pipelines.generate.prompts import prompts_digest
from pipelines.provenance import code_version


def leaf_key(entry: LeafEntry, config: GenerateConfig) -> str:
    """SHA-256 (hex) of the leaf, its documents, the settings, the prompts and the code.

    Whether the leaf is contributed does not count: its samples stay when it is merged. Nor does which leaves are
    asked for beside it.
    """
    return digest(
        {
            "leaf": entry.leaf.digest,
            "documents": [[document.name, document.sha256] for document in entry.documents],
            "config": config.model_dump(mode="json", exclude={"preview"}),
            "prompts": prompts_digest(),
            "code_version": code_version("generate"),
        }
    )
