"""GitHub on this machine: the stand-in as a process, with a taxonomy in it and people who have tokens."""

from pathlib import Path

from service.cli.stack import GitHubAccess, Stack
from service.github.standin.driver import StandIn
from service.github.standin.seed import seed_from, seed_sample


def start_sample(home: Path, stack: Stack) -> StandIn:
    """With the sample taxonomy of our own."""
    seed_sample(home)
    return _start(home, stack)


def start_from(home: Path, stack: Stack, *, taxonomy: Path, without: str) -> StandIn:
    """With a given taxonomy, less the leaf that will be the pull request."""
    seed_from(home, taxonomy, without)
    return _start(home, stack)


def access(standin: StandIn) -> GitHubAccess:
    """How the service reaches it."""
    seeded = standin.seeded
    documents = (
        {seeded.documents_url: f"{standin.base_url}/{seeded.documents}.git"} if seeded.documents else {}
    )
    return GitHubAccess(
        api_url=standin.api_url,
        web_url=standin.base_url,
        app_id=seeded.app_id,
        key_file=seeded.app_key,
        bot_login=seeded.bot,
        repositories=(seeded.repository,),
        mirrors=documents,
    )


def _start(home: Path, stack: Stack) -> StandIn:
    return StandIn(home, webhook_url=stack.webhook_url, webhook_secret=stack.webhook_secret).start()
