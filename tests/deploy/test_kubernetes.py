"""The Kubernetes base is whole: every file listed, every image built here, every secret referred to and explained."""

from collections.abc import Iterator
from typing import Any

import yaml

from service.settings import Settings
from tests.architecture.repository import ROOT
from tests.deploy.images import fault_of_command

FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS: list[dict[str, Any]] = [
    found for name in KUSTOMIZATION["resources"] for found in yaml.safe_load_all((FOLDER / name).read_text())
]
DEPLOYMENTS = {found["metadata"]["name"]: found for found in OBJECTS if found["kind"] == "Deployment"}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, deployment in DEPLOYMENTS.items():
        pod = deployment["spec"]["template"]["spec"]
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield name, container


def secrets_of(container: dict[str, Any]) -> set[str]:
    by_reference = {source["secretRef"]["name"] for source in container["envFrom"] if "secretRef" in source}
    by_key = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for variable in container.get("env", ())
        if "valueFrom" in variable
    }
    return by_reference | by_key


def test_every_file_is_listed() -> None:
    there = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert there == set(KUSTOMIZATION["resources"])


def test_every_process_of_the_service_is_deployed() -> None:
    assert set(DEPLOYMENTS) == {"web", "worker-control", "worker-cpu", "worker-gpu", "beat"}


def test_commands_and_settings_exist() -> None:
    settings = {f"GRAFT_{name.upper()}" for name in Settings.model_fields}
    plain = next(found["data"] for found in OBJECTS if found["kind"] == "ConfigMap")
    assert plain.keys() <= settings
    for _, container in containers():
        assert {variable["name"] for variable in container.get("env", ())} <= settings
        assert "command" not in container or fault_of_command(container["command"]) is None


def test_images_are_pinned_and_built_here() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    pinned = {image["name"] for image in KUSTOMIZATION["images"] if image["newTag"] != "latest"}
    used = {container["image"] for _, container in containers()}

    assert used <= pinned <= {service["image"] for service in compose}


def test_a_secret_reaches_only_who_needs_it_and_the_readme_says_how_to_make_it() -> None:
    readme = (FOLDER / "README.md").read_text()
    held = {name: secrets_of(container) for name, container in containers() if container["name"] != "migrate"}

    assert all(secret in readme for secrets in held.values() for secret in secrets)
    assert {name for name, secrets in held.items() if "graftlab-webhook" in secrets} == {"web"}
    assert {name for name, secrets in held.items() if "graftlab-github" in secrets} == {"worker-control"}
    assert not any(found["kind"] == "Secret" for found in OBJECTS)


def test_nothing_runs_as_root_or_holds_a_token_of_the_cluster() -> None:
    for deployment in DEPLOYMENTS.values():
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
    for _, container in containers():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_stages_are_fenced_in() -> None:
    fenced = [
        found["spec"]["podSelector"]["matchLabels"]
        for found in OBJECTS
        if found["kind"] == "NetworkPolicy" and found["metadata"]["name"].startswith("stages")
    ]
    stages = {
        name: deployment["spec"]["template"]["metadata"]["labels"]
        for name, deployment in DEPLOYMENTS.items()
        if name in {"worker-cpu", "worker-gpu"}
    }

    assert fenced
    assert all(selector.items() <= labels.items() for labels in stages.values() for selector in fenced)
