"""docker-compose.yml starts what exists, with settings that exist, and hands each secret to those who need it only."""

import re
from typing import Any

import pytest
import yaml

from service.settings import Settings
from tests.architecture.repository import ROOT
from tests.deploy.images import fault_of_command

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("graftlab-")}
SETTINGS = {f"GRAFT_{name.upper()}" for name in Settings.model_fields}
EXAMPLE = (ROOT / "deploy" / "env.example").read_text()
IN_EXAMPLE = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
KEYS = {
    "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init",
    "network_mode", "ports", "profiles", "restart", "secrets", "security_opt", "shm_size",
    "stop_grace_period", "volumes",
}  # fmt: skip
"""The keys of a service in the Compose specification that are used here."""


def each_of_ours() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", OURS)


def test_every_part_of_the_design_is_a_service() -> None:
    assert set(SERVICES) == {
        *("web", "worker-control", "worker-cpu", "worker-gpu", "beat"),
        *("valkey", "postgres", "migrate", "local"),
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_shape_of_the_compose_specification(name: str) -> None:
    service = SERVICES[name]

    assert service.keys() <= KEYS
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= COMPOSE["volumes"].keys()
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()


@each_of_ours()
def test_its_image_is_built_here_and_its_command_exists(name: str) -> None:
    service = OURS[name]
    built = {other["image"]: other["build"]["dockerfile"] for other in OURS.values() if "build" in other}

    assert (ROOT / built[service["image"]]).is_file()
    if "command" in service:
        assert fault_of_command(service["command"]) is None


@each_of_ours()
def test_its_settings_exist(name: str) -> None:
    for variable in OURS[name].get("environment", {}):
        assert variable in SETTINGS or (variable in IN_EXAMPLE and not variable.startswith("GRAFT_")), (
            variable
        )


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_an_image_of_others_is_pinned_and_checked(name: str) -> None:
    assert re.search(r":\d+\.\d+", SERVICES[name]["image"])
    assert "test" in SERVICES[name]["healthcheck"]


def test_only_the_web_process_knows_the_webhook_secret() -> None:
    assert [
        name for name, service in OURS.items() if "GRAFT_WEBHOOK_SECRETS" in service.get("environment", {})
    ] == ["web"]


def test_only_the_control_worker_knows_githubs_credentials() -> None:
    holders = {
        name
        for name, service in OURS.items()
        if service.get("secrets")
        or {"GRAFT_GITHUB_TOKEN", "GRAFT_GITHUB_APP_KEY_FILE"} & service.get("environment", {}).keys()
    }
    assert holders == {"worker-control"}


def test_accelerators_are_reserved_for_the_worker_that_asks_for_them() -> None:
    worker = SERVICES["worker-gpu"]
    [device] = worker["deploy"]["resources"]["reservations"]["devices"]

    assert worker["profiles"] == ["gpu"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}


def test_every_variable_that_compose_reads_stands_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"\$\{([A-Z_]+)", text)) | {
        name
        for service in OURS.values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }
    assert read <= IN_EXAMPLE


def test_the_example_names_settings_that_exist() -> None:
    assert {name for name in IN_EXAMPLE if name.startswith("GRAFT_")} <= SETTINGS


def test_every_setting_can_be_made_in_the_example_or_is_decided_by_the_image_and_this_file() -> None:
    decided = {
        *("GRAFT_HOME", "GRAFT_ARTIFACTS", "GRAFT_MODELS", "GRAFT_BROKER_URL", "GRAFT_LOG_JSON"),
        "GRAFT_GITHUB_APP_KEY_FILE",
        "GRAFT_GITHUB_TOKEN",  # an App writes check runs, a token cannot
        "GRAFT_STOP_GRACE_SECONDS",  # goes with stop_grace_period
        "GRAFT_CLOCK_OFFSET_FILE",
    }
    passed_on = {name for service in OURS.values() for name in service.get("environment", {})}

    assert SETTINGS - passed_on <= decided
