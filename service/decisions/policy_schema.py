"""`python -m service.decisions.policy_schema`: prints the JSON Schema of `.graft.yaml`, which editors can use.

The printed schema is kept beside this file, and a test holds the two together.
"""

import json
from importlib.resources import files
from typing import Any, Final

FILE: Final = "graft.schema.json"


def policy_schema() -> dict[str, Any]:
    """Draft 2020-12, made from the model that the file is read with."""
    # Loaded here: the web process shows the schema that ships, and reads no policy.
    from service.decisions.policy import POLICY_FILE, PolicyFile

    made = PolicyFile.model_json_schema()
    made["properties"]["reviewers"]["additionalProperties"] = False  # else a key of no pattern would pass
    made["title"] = f"GraftLab policy ({POLICY_FILE})"
    made["description"] = "What a taxonomy's maintainers allow without being asked, and who reviews what."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def published() -> str:
    """The text of the schema that ships."""
    return files("service.decisions").joinpath(FILE).read_text(encoding="utf-8")


def printed() -> str:
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(printed(), end="")  # noqa: T201 - its purpose
