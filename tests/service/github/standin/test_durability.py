"""The stand-in as a process: what it acknowledged outlives its sudden death."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from service.github.standin.driver import StandIn
from service.github.standin.errors import StandInError
from tests.service.github.standin.served import REPO, SECRET, Catcher


def test_what_was_acknowledged_survives_a_kill_and_the_same_address_answers_again(
    home: Path, tmp_path: Path
) -> None:
    standin = StandIn(home)
    standin.start()
    try:
        url = standin.base_url
        ada = standin.person("ada")
        copy = ada.clone(tmp_path / "ada")
        copy.branch("leaf")
        copy.write("x.md", "x\n")
        sha = copy.commit("Add x")
        copy.push()
        number = ada.open_pull(copy, "Add x").number
        comment = ada.comment(number, "kept?").id
        written = standin.history()
        standin.kill()
        standin.start()
        assert standin.base_url == url
        assert standin.history() == written
        pull = standin.person("max").repo().get_pull(number)
        assert (pull.head.sha, [one.id for one in pull.get_issue_comments()]) == (sha, [comment])
    finally:
        standin.stop()
    assert standin.pid is None


def test_a_push_that_a_kill_left_untold_is_told_at_the_next_start_and_once(
    home: Path, catcher: Catcher, tmp_path: Path
) -> None:
    with StandIn(home) as standin:
        max_ = standin.person("max").clone(tmp_path / "max")
        max_.write("x.md", "x\n")
        sha = max_.commit("Add x")
    bare = home / "git/orchard/taxonomy.git"
    max_.git("push", "--quiet", str(bare), "main")  # as if the server died right after Git had taken it
    for _ in range(2):
        with StandIn(home, webhook_url=catcher.url, webhook_secret=SECRET) as standin:
            catcher.wait_for("push")
            assert [one["body_sha256"] for one in standin.history("push")] == [sha]
    assert [one.body["after"] for one in catcher.caught if one.event == "push"] == [sha]


def test_deliveries_that_waited_when_it_died_go_out_at_the_next_start(home: Path, catcher: Catcher) -> None:
    with StandIn(home, webhook_url=catcher.url, webhook_secret=SECRET) as standin:
        catcher.wait_for("ping")
        standin.order_fault("delay-webhook", seconds=600)
        with httpx.Client(base_url=standin.api_url, trust_env=False) as client:
            token = standin.seeded.users["ada"].token
            client.post(f"{REPO}/issues", json={"title": "x"}, headers={"Authorization": f"token {token}"})
        standin.kill()
        standin.start()
        catcher.wait_for("issues.opened")


def test_a_port_in_use_is_said_in_the_log_that_the_error_quotes(home: Path, catcher: Catcher) -> None:
    taken = int(catcher.url.split(":")[2].split("/")[0])
    with pytest.raises(StandInError, match="in use"):
        StandIn(home, port=taken).start()
