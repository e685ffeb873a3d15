"""Publishing a release so that it can be done again: what is there is adopted, what is missing is added."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from github import GithubException, UnknownObjectException
from github.GitRelease import GitRelease
from github.GitReleaseAsset import GitReleaseAsset
from github.Repository import Repository
from github.Requester import HTTPSRequestsConnectionClass

from service.errors import GitHubFailed, GitHubGone
from service.github.client import PublishedRelease, ReleaseDraft
from service.github.text import cut

_LONGEST_BODY: Final = 120_000
"""GitHub takes 125,000 characters in a release's text."""
_LARGEST_ASSET: Final = 2 * 1024**3
_UPLOAD_SECONDS: Final = 300
"""How long a piece of an upload, or the answer to it, may take."""
_ASSET_NAME = re.compile(r"[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_UNPROCESSABLE: Final = 422


def publish(repo: Repository, draft: ReleaseDraft) -> PublishedRelease:
    """Tag, then release as a draft, then assets, then the release for all to see.

    Nobody sees a release that lacks an asset, and being killed anywhere leaves something the next call completes.
    Raises GitHubFailed when the tag is there already and means another commit.
    """
    sizes = _sizes(draft)
    _ensure_tag(repo, draft)
    body = cut(draft.body, limit=_LONGEST_BODY)
    release = _find(repo, draft.tag)
    if release is None:
        release = repo.create_git_release(
            tag=draft.tag, name=draft.title, message=body, draft=True, target_commitish=draft.commit
        )
    _ensure_assets(release, draft.assets, sizes)
    if release.draft or release.name != draft.title or (release.body or "") != body:
        release = release.update_release(name=draft.title, message=body, draft=False)
    found = {asset.name: asset.size for asset in release.get_assets()}
    return PublishedRelease(id=release.id, url=release.html_url, assets=found)


def withdraw(repo: Repository, tag: str, *, title: str, note: str) -> None:
    """A pre-release is never GitHub's "latest", so the release before takes that place. Files and tag stay.

    Raises GitHubGone when there is no such release.
    """
    release = _find(repo, tag)
    if release is None:
        raise GitHubGone(f"there is no release {tag[:100]!r}")
    body = release.body or ""
    if not body.startswith(note):
        body = cut(f"{note}\n\n{body}", limit=_LONGEST_BODY)
    if not release.prerelease or release.name != title or (release.body or "") != body:
        release.update_release(name=title, message=body, draft=False, prerelease=True)


def _sizes(draft: ReleaseDraft) -> dict[str, int]:
    """Name -> bytes of what is to be uploaded; raises GitHubFailed for what GitHub would not take as it is."""
    if not _TAG.fullmatch(draft.tag):
        raise GitHubFailed(f"{draft.tag[:100]!r} cannot be a tag")
    sizes: dict[str, int] = {}
    for path in draft.assets:
        if not _ASSET_NAME.fullmatch(path.name) or path.name in sizes:
            raise GitHubFailed(
                f"asset {path.name[:100]!r}: GitHub would rename it, or it is there twice",
                mend="Use letters, digits, `.`, `_` and `-`, and every name once.",
            )
        sizes[path.name] = path.stat().st_size
        if not 0 < sizes[path.name] < _LARGEST_ASSET:
            raise GitHubFailed(
                f"asset {path.name} has {sizes[path.name]:,} bytes; GitHub takes 1 byte to 2 GiB",
                mend="Split the file, or publish it elsewhere and name it in the text.",
            )
    return sizes


def _ensure_tag(repo: Repository, draft: ReleaseDraft) -> None:
    there = _tagged(repo, draft.tag)
    if there is None:
        try:
            repo.create_git_ref(f"refs/tags/{draft.tag}", draft.commit)
        except GithubException as error:
            there = _tagged(repo, draft.tag) if error.status == _UNPROCESSABLE else None
            if there is None:
                raise
    if there is not None and there != draft.commit:
        raise GitHubFailed(
            f"tag {draft.tag} is there already, on {there[:10]} and not on {draft.commit[:10]}",
            mend="Nothing was published. Delete the tag, or cut the release under the next version.",
        )


def _tagged(repo: Repository, tag: str) -> str | None:
    """The commit that a tag means, through an annotated tag if need be; None if there is no such tag."""
    try:
        found = repo.get_git_ref(f"tags/{tag}").complete().object
    except UnknownObjectException:
        return None
    return repo.get_git_tag(found.sha).object.sha if found.type == "tag" else found.sha


def _find(repo: Repository, tag: str) -> GitRelease | None:
    """The release of a tag, drafts too (which only a look through all releases shows)."""
    try:
        return repo.get_release(tag)
    except UnknownObjectException:
        return next((release for release in repo.get_releases() if release.tag_name == tag), None)


def _ensure_assets(release: GitRelease, files: Iterable[Path], sizes: dict[str, int]) -> None:
    there = {asset.name: asset for asset in release.get_assets()}
    for file in files:
        found = there.get(file.name)
        if found is not None and not _whole(found, sizes[file.name]):
            found.delete_asset()
            found = None
        if found is None:
            _upload(release, file)


def _whole(asset: GitReleaseAsset, size: int) -> bool:
    """An upload that broke off leaves an asset in the state `starter`."""
    return asset.state == "uploaded" and asset.size == size


def _upload(release: GitRelease, file: Path) -> None:
    """Send one file. PyGithub sets no time limit on the separate upload host, so the connection is made here."""
    requester = release.requester
    url = urlsplit(release.upload_url.partition("{")[0])
    with file.open("rb") as content:
        requester.requestMemoryBlobAndCheck(
            "POST",
            url.geturl(),
            {"name": file.name},
            {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)},
            content,
            cnx=_connection(url.hostname or "", requester.hostname),
        )


def _connection(host: str, api_host: str) -> HTTPSRequestsConnectionClass | None:
    """A connection to github.com's upload host; None for a host that also answers the API (GitHub Enterprise)."""
    if host == api_host:
        return None
    if not host.endswith(".github.com") or not api_host.endswith(".github.com"):
        raise GitHubFailed(f"an upload was to go to {host[:100]!r}", mend="Check GRAFT_GITHUB_API_URL.")
    return HTTPSRequestsConnectionClass(host, timeout=_UPLOAD_SECONDS)
