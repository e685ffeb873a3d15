"""The dashboard and the alerts ask for figures that /metrics has."""

import json
import re
from typing import Any

import yaml

from tests.architecture.repository import ROOT

DASHBOARD = json.loads((ROOT / "deploy" / "dashboards" / "graftlab.json").read_text())
RULES = yaml.safe_load((ROOT / "deploy" / "dashboards" / "alerts.yaml").read_text())
SOURCE = (ROOT / "service" / "metrics.py").read_text()


def named(expressions: list[str]) -> set[str]:
    """The metrics named in PromQL, without what Prometheus adds to the name of a histogram or counter."""
    found = {name for expression in expressions for name in re.findall(r"\bgraft_[a-z_]+", expression)}
    return {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in found}


def expressions() -> list[str]:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    return [target["expr"] for panel in panels for target in panel["targets"]] + [
        rule["expr"] for rule in rules
    ]


def test_every_figure_asked_for_is_served() -> None:
    served = set(re.findall(r'"(graft_[a-z_]+)"', SOURCE))

    assert served
    assert named(expressions()) <= served


def test_every_figure_served_is_shown() -> None:
    assert named(expressions()) >= set(re.findall(r'"(graft_[a-z_]+)"', SOURCE))


def test_panels_do_not_overlap_and_each_has_its_number() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_a_figure_that_nobody_serves_would_be_found() -> None:
    assert named(["sum(rate(graft_nothing_bucket[5m]))"]) == {"graft_nothing"}
