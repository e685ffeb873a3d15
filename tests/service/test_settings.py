import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import Misconfigured
from service.settings import Settings, get_settings
from taxonomy_schema.rule import RULES_URL


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable from outside, and nothing remembered."""
    for name in [name for name in os.environ if name.startswith("GRAFT_")]:
        monkeypatch.delenv(name)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_settings_come_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_REPOSITORIES", "a/b, c/d,")
    monkeypatch.setenv("GRAFT_WEBHOOK_SECRETS", "newer,older")
    monkeypatch.setenv("GRAFT_MIRRORS", '{"https://x.example/": "/srv/x/"}')
    settings = get_settings()
    assert settings.repositories == ("a/b", "c/d")
    assert settings.require_webhook_secrets() == (b"newer", b"older")
    assert settings.mirrors == {"https://x.example/": "/srv/x/"}
    assert get_settings() is settings


def test_a_file_of_settings_is_read_and_variables_win(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "graft.env"
    file.write_text("GRAFT_RECIPE=cluster\nGRAFT_BOT_LOGIN=ours[bot]\n")
    monkeypatch.setenv("GRAFT_SETTINGS", str(file))
    monkeypatch.setenv("GRAFT_RECIPE", "laptop")
    assert (get_settings().recipe, get_settings().bot_login) == ("laptop", "ours[bot]")


def test_a_file_of_settings_that_is_not_there_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_SETTINGS", str(tmp_path / "mistyped.env"))

    with pytest.raises(Misconfigured, match=r"mistyped\.env"):
        get_settings()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("foo", "'foo' is no repository's name, which looks like owner/name"),
        ("a/b,https://github.com/c/d", "'https://github.com/c/d' is no"),
        ("a/b/c", "'a/b/c' is no"),
        ("a/..", "'a/..' is no"),
        ("-a/b", "'-a/b' is no"),
        ("a/b c", "'a/b c' is no"),
        ("a/b.git", "'a/b.git' is no"),
        ("ä/b", "'ä/b' is no"),
        ("a/b,c/d,A/B", "A/B is named twice"),
        ("a/b,a/B.x,a.b/c", "'a.b/c' is no"),
    ],
)
def test_what_can_be_no_repository_s_name_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.setenv("GRAFT_REPOSITORIES", given)
    with pytest.raises(Misconfigured) as caught:
        get_settings()
    assert f"GRAFT_REPOSITORIES: {said}" in caught.value.message


def test_every_fault_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_LEASE_SECONDS", "soon")
    monkeypatch.setenv("GRAFT_GITHUB_APP_ID", "x")
    with pytest.raises(Misconfigured) as caught:
        get_settings()
    assert "GRAFT_LEASE_SECONDS" in caught.value.message
    assert "GRAFT_GITHUB_APP_ID" in caught.value.message


@pytest.mark.parametrize("secrets", [(), ("",), ("good", "")])
def test_webhook_secrets_must_be_there_and_not_empty(secrets: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured, match="no webhook secret") as caught:
        Settings.model_validate({"webhook_secrets": secrets}).require_webhook_secrets()
    assert "GRAFT_WEBHOOK_SECRETS" in caught.value.mend


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = Settings.model_validate({"webhook_secrets": "geheim", "github_token": "ghp_geheim"})
    assert "geheim" not in f"{settings!r}{settings}{settings.model_dump_json()}"


def test_everything_without_a_place_of_its_own_lies_under_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="")
    assert settings.ledger_url == f"sqlite:///{tmp_path}/ledger.sqlite"
    for folder in (
        settings.artifacts_folder,
        settings.models_folder,
        settings.leaves_folder,
        settings.clones_folder,
    ):
        assert folder.is_relative_to(tmp_path)
    assert Settings(home=tmp_path, artifacts=Path("/shared")).leaves_folder == Path("/shared/leaves")


def test_findings_link_to_where_the_action_links_to() -> None:
    assert Settings.model_fields["rules_url"].default == RULES_URL
