"""Releases and their files."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from service.github.standin.links import Links
from service.github.standin.tables import Asset, Release

from .people import node_id, simple_user

Json = dict[str, Any]


def asset(row: Asset, links: Links) -> Json:
    repo = row.release.repo
    page = links.page(repo.owner.login, repo.name, "releases", "download")
    return {
        "url": f"{links.repo(repo.full_name)}/releases/assets/{row.id}",
        "browser_download_url": f"{page}/{quote(row.release.tag_name)}/{quote(row.name)}",
        "id": row.id,
        "node_id": node_id("ReleaseAsset", row.id),
        "name": row.name,
        "label": row.label,
        "state": "uploaded",
        "content_type": row.content_type,
        "size": row.size,
        "digest": row.digest,
        "download_count": row.downloads,
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "uploader": simple_user(row.uploader, links),
    }


def release(row: Release, links: Links) -> Json:
    url = f"{links.repo(row.repo.full_name)}/releases/{row.id}"
    base = links.repo(row.repo.full_name)
    return {
        "url": url,
        "html_url": links.page(row.repo.owner.login, row.repo.name, "releases", "tag", row.tag_name),
        "assets_url": f"{url}/assets",
        "upload_url": f"{links.uploads}/repos/{row.repo.full_name}/releases/{row.id}/assets{{?name,label}}",
        "tarball_url": None if row.draft else f"{base}/tarball/{row.tag_name}",
        "zipball_url": None if row.draft else f"{base}/zipball/{row.tag_name}",
        "id": row.id,
        "node_id": node_id("Release", row.id),
        "tag_name": row.tag_name,
        "target_commitish": row.target,
        "name": row.name,
        "body": row.body,
        "draft": row.draft,
        "immutable": False,
        "prerelease": row.prerelease,
        "created_at": row.created_at,
        "updated_at": row.published_at or row.created_at,
        "published_at": row.published_at,
        "author": simple_user(row.author, links),
        "assets": [asset(item, links) for item in row.assets],
    }
