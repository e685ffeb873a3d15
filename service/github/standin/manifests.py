"""GitHub's App manifest flow: a manifest becomes an App, and a code that is exchanged once for its secrets."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select
from sqlalchemy.orm import Session

from .errors import ApiError, not_found
from .tables import Account, App, Registration
from .world import World, find_account

_CODE_LASTS = timedelta(hours=1)
_LEVELS = {"read", "write", "admin"}


@dataclass(frozen=True)
class AppManifest:
    """What a manifest says, as far as the stand-in goes by it."""

    name: str
    url: str
    redirect_url: str
    hook_url: str | None
    description: str
    permissions: dict[str, str]
    events: list[str]

    @classmethod
    def read(cls, text: str) -> AppManifest:
        """Raises `ApiError` 422 with what is wrong, in GitHub's manner."""
        try:
            said = json.loads(text)
        except ValueError as error:
            raise _wrong("must be valid JSON") from error
        if not isinstance(said, dict):
            raise _wrong("must be an object")
        hook = said.get("hook_attributes") or {}
        permissions, events = said.get("default_permissions") or {}, said.get("default_events") or []
        if not set(permissions.values()) <= _LEVELS:
            raise _wrong("default_permissions holds an access level that there is not")
        if hook.get("active", True) and not _is_web(hook.get("url")):
            raise _wrong("hook_attributes.url must be a URL")
        for field in ("url", "redirect_url"):
            if not _is_web(said.get(field)):
                raise _wrong(f"{field} must be a URL")
        return cls(
            name=str(said.get("name") or ""),
            url=said["url"],
            redirect_url=said["redirect_url"],
            hook_url=hook["url"] if hook.get("active", True) else None,
            description=str(said.get("description") or ""),
            permissions={"metadata": "read"} | permissions,
            events=list(events),
        )


def _wrong(message: str) -> ApiError:
    return ApiError(422, f"Invalid GitHub App configuration: manifest {message}")


def _is_web(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in {"http", "https"} and "." in value


def owner_of_new(session: Session, org: str | None) -> Account:
    """Whose App it becomes: the organisation's, or, since nobody signs in here, the maintainer's."""
    found = find_account(session, org or "max")
    if found is None or (org is not None and found.kind != "Organization"):
        raise not_found()
    return found


def register(
    session: Session, world: World, manifest: AppManifest, *, name: str, owner: Account
) -> Registration:
    """Make the App and its bot. Raises `ApiError` 422 for a name that is empty or taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not slug or session.scalar(select(App).where(App.slug == slug)) is not None:
        raise ApiError(422, "Name is already taken" if slug else "Name can't be blank")
    bot = Account(
        login=f"{slug}[bot]", kind="Bot", name=name, email=f"{slug}@orchard.example", created_at=world.now()
    )
    private, public = _new_key()
    app = App(
        slug=slug, name=name, owner=owner, bot=bot, public_key=public, hook_url=manifest.hook_url,
        hook_secret=secrets.token_hex(20) if manifest.hook_url else None, created_at=world.now(),
    )  # fmt: skip
    app.registration = Registration(
        description=manifest.description, url=manifest.url, permissions=manifest.permissions,
        events=manifest.events, code=secrets.token_hex(20), key=private,
    )  # fmt: skip
    session.add(app)
    session.flush()
    return app.registration


def exchange(session: Session, world: World, code: str) -> tuple[App, str]:
    """The App and its private key (PEM), once; raises `ApiError` 404 for a code that is unknown, used or old."""
    row = session.scalar(select(Registration).where(Registration.code == code))
    if row is None or not row.key:
        raise not_found()
    if world.clock() - datetime.fromisoformat(row.app.created_at) > _CODE_LASTS:
        raise not_found()
    key, row.key = row.key, ""
    return row.app, key


def _new_key() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
