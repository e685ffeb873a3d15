"""GitHub's App manifest flow: what an App of ours asks for, and the code that becomes its secrets.

1. A form posts the manifest to `registration_url`; the person confirms at GitHub.
2. GitHub sends the browser to the manifest's `redirect_url` with `code` and our `state`.
3. `convert` exchanges the code, once and within an hour, for the App's number, private key and webhook secret.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from service.errors import GitHubFailed
from service.github.connect import open_github
from service.github.rights import EVENTS, PERMISSIONS
from service.github.speaking import speaking

LONGEST_NAME: Final = 34
"""GitHub takes no longer name for an App."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_DESCRIPTION: Final = (
    "Checks leaves of a taxonomy, trains on them when asked to, and reports what came of it."
)


@dataclass(frozen=True)
class NewApp:
    """An App as GitHub made it. Its secrets are shown by no `repr`."""

    id: int
    slug: str
    name: str
    html_url: str
    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)

    @property
    def bot_login(self) -> str:
        return f"{self.slug}[bot]"

    @property
    def install_url(self) -> str:
        return f"{self.html_url}/installations/new"


def manifest(*, name: str, url: str, redirect_url: str, public: bool) -> dict[str, Any]:
    """What the App is to be: told of at `url`, with no more rights than are used. A public one others may install."""
    return {
        "name": name[:LONGEST_NAME],
        "url": url,
        "description": _DESCRIPTION,
        "hook_attributes": {"url": f"{url.rstrip('/')}/webhooks/github", "active": True},
        "redirect_url": redirect_url,
        "public": public,
        "default_permissions": dict(PERMISSIONS),
        "default_events": list(EVENTS),
    }


def registration_url(web_url: str, *, org: str, state: str) -> str:
    """Where the manifest is posted to: for an organisation, or ("") for whoever is signed in."""
    place = f"organizations/{quote(org, safe='')}/settings" if org else "settings"
    return f"{web_url.rstrip('/')}/{place}/apps/new?{urlencode({'state': state})}"


def convert(api_url: str, code: str) -> NewApp:
    """Exchange the code. Raises GitHubGone when it is used or too old, and as every call to GitHub does."""
    if not _CODE.fullmatch(code):
        raise GitHubFailed("GitHub sent no code that can be exchanged", mend="Begin again.")
    with speaking("the App's registration"):
        github = open_github(api_url, None)
        try:
            _, made = github.requester.requestJsonAndCheck("POST", f"/app-manifests/{code}/conversions")
        finally:
            github.close()
    return NewApp(
        id=int(made["id"]),
        slug=str(made["slug"]),
        name=str(made["name"]),
        html_url=str(made["html_url"]),
        key=str(made["pem"]),
        webhook_secret=str(made["webhook_secret"]),
    )
