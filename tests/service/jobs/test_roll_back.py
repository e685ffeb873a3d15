"""Back to the release before: in the ledger, in pull requests and badges, and on GitHub."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from service.badges.message import of_leaf
from service.errors import Refusal
from service.github.client import ReleaseDraft
from service.github.standin.driver import StandIn
from service.jobs.roll_back import RolledBack, roll_back
from service.jobs.start_release import as_reference, published
from service.ledger import queries
from service.ledger.session import insert_or_ignore
from service.ledger.tables import LeafResult, Release, Run, RunKind, RunState
from tests.service.jobs.acts import contribution, deliver_pull
from tests.service.jobs.conftest import LEAF, House, OpenPull, Pull

FIRST, SECOND = "2026.10.1", "2026.11.1"
OTHER = "knowledge/arts/games/other"


@pytest.fixture
def pull(house: House, open_pull: OpenPull) -> Pull:
    opened = open_pull()
    deliver_pull(house, opened.number)
    house.heed()
    return opened


@pytest.fixture
def released(house: House, standin: StandIn, pull: Pull, tmp_path: Path) -> None:
    """Two releases, the second with the pull request's leaf."""
    repository, now = house.tools.settings.repositories[0], house.tools.now()
    asset = tmp_path / "README.md"
    asset.write_text("A card.")
    for days, version, leaf, number in ((8, FIRST, OTHER, None), (1, SECOND, LEAF, pull.number)):
        at = now - timedelta(days=days)
        _, commit = house.client.default_branch_head(repository)
        house.client.publish_release(
            repository, ReleaseDraft(version, commit, f"Release {version}", "Notes.", (asset,))
        )
        with house.tools.write() as session:
            run = Run(
                kind=RunKind.RELEASE,
                repository=repository,
                head_sha=commit,
                base_sha=commit,
                requested_by="schedule",
            )
            run.state, run.created_at = RunState.SUCCEEDED, at
            session.add(run)
            session.flush()
            release = {
                "repository": repository,
                "version": version,
                "run_id": run.id,
                "taxonomy_commit": commit,
            }
            release |= {"folder": str(tmp_path), "digest": version, "state": "published"}
            insert_or_ignore(session, Release, {**release, "created_at": at, "published_at": at})
            row = {"repository": repository, "leaf_id": leaf, "status": "merged", "updated_at": at}
            insert_or_ignore(session, LeafResult, row)
            session.execute(
                update(LeafResult)
                .where(LeafResult.leaf_id == leaf)
                .values(status="released", version=version, number=number)
            )


def back(house: House, version: str | None = None, *, reason: str = "") -> RolledBack:
    repository = house.tools.settings.repositories[0]
    with house.tools.write() as session:
        return roll_back(session, repository, version=version, by="max", reason=reason, now=house.tools.now())


def github(standin: StandIn, version: str) -> tuple[str, bool, str]:
    release = standin.person("max").repo().get_release(version)
    return release.name, release.prerelease, release.body


@pytest.mark.usefixtures("released")
def test_a_rollback_is_followed_by_reference_badges_pull_requests_and_github(
    house: House, standin: StandIn, pull: Pull
) -> None:
    repository = house.tools.settings.repositories[0]
    done = back(house, SECOND, reason="It calls every bird a <wren>.")
    assert (done.withdrawn, done.now, done.leaves) == (SECOND, FIRST, (LEAF,))
    house.heed()

    with house.tools.read() as session:
        reference = as_reference(published(session, repository))
        leaf, other = (queries.leaf(session, repository, leaf_id) for leaf_id in (LEAF, OTHER))
    assert reference is not None
    assert reference.version == FIRST
    assert of_leaf(leaf).message == "merged"
    assert FIRST in of_leaf(other).message
    assert contribution(house, pull.number).report_made == contribution(house, pull.number).report_wanted
    name, prerelease, body = github(standin, SECOND)
    assert (name, prerelease) == (f"Release {SECOND} (withdrawn)", True)
    assert body.startswith("> **Withdrawn** by max")
    assert FIRST in body
    assert "<wren>" not in body
    assert body.endswith("Notes.")
    assert standin.person("max").repo().get_latest_release().tag_name == FIRST
    assert github(standin, FIRST)[1] is False

    assert back(house).now is None
    with house.tools.read() as session:
        assert published(session, repository) is None
    with pytest.raises(Refusal, match="no published release"):
        back(house)
    house.heed()
    house.client.withdraw_release(repository, SECOND, title=name, note=body.partition("\n\n")[0])
    assert github(standin, SECOND)[2] == body


@pytest.mark.usefixtures("released")
def test_only_the_release_that_was_meant_is_withdrawn_and_none_while_one_is_being_published(
    house: House,
) -> None:
    with pytest.raises(Refusal, match=f"published now is {SECOND}"):
        back(house, FIRST)
    with house.tools.write() as session:
        session.scalars(select(Release).where(Release.version == SECOND)).one().state = "publishing"
    with pytest.raises(Refusal, match="is being published"):
        back(house)
