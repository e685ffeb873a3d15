"""Users, organisations, teams, Apps and their installations."""

from __future__ import annotations

import base64
from typing import Any

from service.github.standin.links import Links
from service.github.standin.tables import Account, App, Installation, Team, TeamMember, Token

Json = dict[str, Any]
APP_PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
    "security_events": "write",
    "statuses": "write",
}
APP_EVENTS = [
    "check_run",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "release",
]


def permissions_of(app: App) -> Json:
    return app.registration.permissions if app.registration else APP_PERMISSIONS


def events_of(app: App) -> list[str]:
    return list(app.registration.events) if app.registration else APP_EVENTS


def node_id(kind: str, number: int | str) -> str:
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def simple_user(account: Account, links: Links) -> Json:
    url = f"{links.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(account.kind, account.id),
        "avatar_url": f"{links.site}/_standin/avatars/{account.id}.svg",
        "gravatar_id": "",
        "url": url,
        "html_url": links.page(account.login),
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user(account: Account, links: Links, *, repos: int, private: bool = False) -> Json:
    """A whole profile; `private` adds what only the account itself sees."""
    profile = simple_user(account, links) | {
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "notification_email": account.email,
        "public_repos": repos,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": account.created_at,
        "updated_at": account.created_at,
    }
    if private:
        counts = (
            "private_gists",
            "total_private_repos",
            "owned_private_repos",
            "disk_usage",
            "collaborators",
        )
        profile |= {"user_view_type": "private", "two_factor_authentication": True} | dict.fromkeys(counts, 0)
    return profile


def simple_org(account: Account, links: Links) -> Json:
    url = f"{links.api}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("Organization", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{links.site}/_standin/avatars/{account.id}.svg",
        "description": account.name,
    }


def full_org(account: Account, links: Links, *, repos: int) -> Json:
    return simple_org(account, links) | {
        "name": account.name,
        "has_organization_projects": False,
        "has_repository_projects": False,
        "public_repos": repos,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": links.page(account.login),
        "type": "Organization",
        "created_at": account.created_at,
        "updated_at": account.created_at,
        "archived_at": None,
    }


def simple_team(row: Team, links: Links) -> Json:
    url = f"{links.api}/organizations/{row.org_id}/team/{row.id}"
    return {
        "id": row.id,
        "node_id": node_id("Team", row.id),
        "url": url,
        "html_url": links.page("orgs", row.org.login, "teams", row.slug),
        "name": row.name,
        "slug": row.slug,
        "description": "",
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "type": "organization",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
    }


def team(row: Team, links: Links, *, members: int) -> Json:
    return simple_team(row, links) | {
        "members_count": members,
        "repos_count": 0,
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "organization": full_org(row.org, links, repos=0),
    }


def membership(row: TeamMember, links: Links) -> Json:
    url = f"{links.api}/organizations/{row.team.org_id}/team/{row.team.id}/memberships/{row.account.login}"
    return {"url": url, "role": row.role, "state": "active"}


def integration(app: App, links: Links, *, installations: int = 1) -> Json:
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": node_id("Integration", app.id),
        "client_id": f"Iv1.standin{app.id:09d}",
        "owner": simple_user(app.owner, links),
        "name": app.name,
        "description": app.registration.description if app.registration else "",
        "external_url": app.registration.url if app.registration else links.site,
        "html_url": links.page("apps", app.slug),
        "created_at": app.created_at,
        "updated_at": app.created_at,
        "permissions": permissions_of(app),
        "events": events_of(app),
        "installations_count": installations,
    }


def installation(row: Installation, links: Links) -> Json:
    return {
        "id": row.id,
        "account": simple_user(row.account, links),
        "repository_selection": "all",
        "access_tokens_url": f"{links.api}/app/installations/{row.id}/access_tokens",
        "repositories_url": f"{links.api}/installation/repositories",
        "html_url": links.page("organizations", row.account.login, "settings", "installations", row.id),
        "app_id": row.app_id,
        "app_slug": row.app.slug,
        "client_id": f"Iv1.standin{row.app_id:09d}",
        "target_id": row.account_id,
        "target_type": row.account.kind,
        "permissions": permissions_of(row.app),
        "events": events_of(row.app),
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": simple_user(row.app.owner, links) if row.suspension else None,
        "suspended_at": row.suspension.at if row.suspension else None,
    }


def installation_token(token: Token, permissions: Json, repositories: list[Json]) -> Json:
    """`repositories` are the shapes of those it was narrowed to; none: all."""
    made: Json = {"token": token.value, "expires_at": token.expires_at, "permissions": permissions}
    if not repositories:
        return made | {"repository_selection": "all"}
    return made | {"repository_selection": "selected", "repositories": repositories}
