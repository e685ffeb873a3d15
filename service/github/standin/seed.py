"""Fills an empty home: the organisation, its people, its App, and a taxonomy to graft on."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select
from sqlalchemy.orm import Session

from .errors import StandInError
from .events import Herald
from .git import GitRepo, Person
from .tables import Account, App, Installation, KnownRef, Label, Repo, Role, Team, TeamMember, Token
from .world import World, find_account

SAMPLE = Path(__file__).with_name("sample")
ORG = "orchard"
TAXONOMY = "orchard/taxonomy"
DOCUMENTS = "orchard/documents"
DOCUMENTS_URL = "https://git.orchard.example/orchard/documents"
DEFAULT_BRANCH = "main"
BOT = "graftlab[bot]"
PEOPLE = {"ada": None, "tess": "triage", "max": "maintain"}
TEAMS = {"triage": "triagers", "maintain": "maintainers"}
KNOWLEDGE_CONTRIBUTION = "knowledge/arts/games/thirty_lanterns"
SKILL_CONTRIBUTION = "compositional_skills/writing/kind_refusals"
# Fixed, so that the commits' ids are, too: leaves name the documents' commit.
_GARDENER = Person("Orchard Gardener", "gardener@orchard.example", "2026-01-05T08:00:00+0000")


@dataclass(frozen=True)
class SeededUser:
    login: str
    token: str
    role: str | None


@dataclass(frozen=True)
class SeededWorld:
    """What does not depend on where the server listens. `contributions` are folders to open as pull requests,
    by the path they belong at in the taxonomy.
    """

    home: Path
    repository: str
    documents: str | None
    documents_url: str
    documents_commit: str | None
    default_branch: str
    users: dict[str, SeededUser]
    bot: str
    app_id: int
    app_slug: str
    installation_id: int
    app_key: Path
    contributions: dict[str, Path]

    def save(self) -> None:
        """Writes `home/world.json`, readable by its owner alone, last and whole."""
        half = self.home / "world.json.half"
        half.touch(mode=0o600)
        half.write_text(json.dumps(asdict(self), default=str, indent=1))
        half.replace(self.home / "world.json")

    @classmethod
    def load(cls, home: Path) -> SeededWorld:
        try:
            facts = json.loads((home / "world.json").read_text())
        except FileNotFoundError:
            raise StandInError(
                f"{home} holds no seeded world: call seed_sample or seed_from first."
            ) from None
        facts["users"] = {login: SeededUser(**user) for login, user in facts["users"].items()}
        facts["contributions"] = {leaf: Path(path) for leaf, path in facts["contributions"].items()}
        home = home.resolve()  # the folder may have been copied since
        return cls(**facts | {"home": home, "app_key": home / "app.pem"})


def seed_sample(home: Path) -> SeededWorld:
    """The sample: `orchard/taxonomy`, and `orchard/documents` that its knowledge leaves quote.

    A home seeded before is left as it is; what a killed seeding left behind is swept away first.
    """
    contributions = {
        leaf: SAMPLE / "contributions" / leaf for leaf in (KNOWLEDGE_CONTRIBUTION, SKILL_CONTRIBUTION)
    }

    def plant(world: World, session: Session) -> str:
        _plant(
            world, session, TAXONOMY, "What our model shall know and do.", SAMPLE / "taxonomy", each_leaf=True
        )
        return _plant(world, session, DOCUMENTS, "What our leaves quote.", SAMPLE / "documents")

    return _seed(home, plant, documents=DOCUMENTS, contributions=contributions)


def seed_from(home: Path, taxonomy_dir: Path, leaf_to_leave_out: str) -> SeededWorld:
    """A given taxonomy as `orchard/taxonomy`, without the leaf that is to be the pull request.

    Raises `StandInError` when the folder holds no such leaf.
    """
    leaf = (taxonomy_dir / leaf_to_leave_out).resolve()
    if not (leaf / "qna.yaml").is_file() or not leaf.is_relative_to(taxonomy_dir.resolve()):
        raise StandInError(
            f"{taxonomy_dir} holds no leaf {leaf_to_leave_out}: name a folder that has a qna.yaml."
        )
    leaf_id = leaf.relative_to(taxonomy_dir.resolve()).as_posix()

    def plant(world: World, session: Session) -> None:
        with TemporaryDirectory() as folder:
            copy = Path(folder) / "taxonomy"
            shutil.copytree(taxonomy_dir, copy, ignore=shutil.ignore_patterns(".git"), symlinks=True)
            shutil.rmtree(copy / leaf_id)
            _plant(world, session, TAXONOMY, "An imported taxonomy.", copy)

    return _seed(home, plant, documents=None, contributions={leaf_id: leaf})


def _seed(
    home: Path,
    plant: Callable[[World, Session], str | None],
    *,
    documents: str | None,
    contributions: dict[str, Path],
) -> SeededWorld:
    home = home.resolve()
    if (home / "world.json").exists():
        return SeededWorld.load(home)
    home.mkdir(parents=True, exist_ok=True)
    for leftover in ("standin.sqlite3", "standin.sqlite3-wal", "standin.sqlite3-shm"):
        (home / leftover).unlink(missing_ok=True)
    shutil.rmtree(home / "git", ignore_errors=True)
    home.chmod(0o700)
    world = World(home)
    key = home / "app.pem"
    with world.session() as session:
        users = _people(world, session)
        installation = _install_app(world, session, key)
        commit = plant(world, session)
        seeded = SeededWorld(
            home=home, repository=TAXONOMY, documents=documents, documents_url=DOCUMENTS_URL,
            documents_commit=commit, default_branch=DEFAULT_BRANCH, users=users, bot=BOT,
            app_id=installation.app_id, app_slug="graftlab", installation_id=installation.id,
            app_key=key, contributions=contributions,
        )  # fmt: skip
    world.engine.dispose()
    seeded.save()
    return seeded


def _account(world: World, session: Session, login: str, kind: str, name: str) -> Account:
    email = f"{login.removesuffix('[bot]')}@orchard.example"
    account = Account(login=login, kind=kind, name=name, email=email, created_at=world.now())
    session.add(account)
    session.flush()
    return account


def _people(world: World, session: Session) -> dict[str, SeededUser]:
    org = _account(world, session, ORG, "Organization", "The Orchard")
    users = {}
    for login, role in PEOPLE.items():
        account = _account(world, session, login, "User", login.capitalize())
        token = f"standin_user_{secrets.token_hex(20)}"
        session.add(Token(value=token, account_id=account.id))
        users[login] = SeededUser(login, token, role)
        if role is not None:
            slug = TEAMS[role]
            team = Team(org=org, slug=slug, name=slug.capitalize(), created_at=world.now())
            session.add(team)
            session.flush()
            session.add(TeamMember(team_id=team.id, account_id=account.id, role="member"))
    return users


def _install_app(world: World, session: Session, key_path: Path) -> Installation:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_path.unlink(missing_ok=True)
    with os.fdopen(os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
    org = find_account(session, ORG)
    bot = _account(world, session, BOT, "Bot", "GraftLab")
    app = App(
        slug="graftlab",
        name="GraftLab",
        owner=org,
        bot=bot,
        public_key=public.decode(),
        created_at=world.now(),
    )
    installation = Installation(app=app, account=org, created_at=world.now())
    session.add(installation)
    session.flush()
    return installation


def _plant(
    world: World, session: Session, full_name: str, description: str, folder: Path, *, each_leaf: bool = False
) -> str:
    """A repository whose main branch holds a folder: in one commit, or with one more for each leaf."""
    owner, name = full_name.split("/")
    account = find_account(session, owner)
    repo = Repo(
        owner=account, name=name, description=description, default_branch=DEFAULT_BRANCH,
        created_at=world.now(), pushed_at=world.now(),
    )  # fmt: skip
    session.add(repo)
    session.flush()
    git = GitRepo.create(world.git_path(owner, name), default_branch=DEFAULT_BRANCH)
    leaves = sorted({path.parent for path in folder.rglob("qna.yaml")}) if each_leaf else []
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    first = [path for path in files if path.parent not in leaves]
    sha = commit_files(git, folder, first, f"Plant the {name}", None)
    for leaf in leaves:
        inside = [path for path in files if path.parent == leaf]
        sha = commit_files(git, folder, inside, f"Add {leaf.relative_to(folder).as_posix()}", sha)
    git.set_ref(f"refs/heads/{DEFAULT_BRANCH}", sha)
    session.add(KnownRef(repo_id=repo.id, name=f"refs/heads/{DEFAULT_BRANCH}", sha=sha))
    _dress(session, repo)
    return sha


def _dress(session: Session, repo: Repo) -> None:
    """Roles and labels."""
    for login, role in PEOPLE.items():
        account = session.scalars(select(Account).where(Account.login == login)).one()
        if role is not None:
            session.add(Role(repo_id=repo.id, account_id=account.id, role=role))
    session.add(Label(repo_id=repo.id, name="leaf", color="3c7d2e", description="Adds or changes a leaf"))


def commit_files(git: GitRepo, root: Path, files: list[Path], message: str, parent: str | None) -> str:
    """Commits files under their paths below `root`, on top of `parent`, always with the same id."""
    with TemporaryDirectory() as folder:
        environment = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_WORK_TREE": str(root)}
        if parent is not None:
            git.run("read-tree", parent, environment=environment)
        names = [path.relative_to(root).as_posix().encode() for path in files]
        git.run("update-index", "-z", "--add", "--stdin", stdin=b"".join(n + b"\0" for n in names),
                environment=environment)  # fmt: skip
        tree = git.run("write-tree", environment=environment).decode().strip()
    return git.write_commit(tree, [parent] if parent else [], message + "\n", _GARDENER)


def set_webhook(home: Path, url: str, secret: str, *, base_url: str) -> None:
    """Says where the App's webhooks go; a new address is greeted with a `ping`."""
    if not secret:
        raise StandInError("The webhook's secret is empty: put one into the file you name.")
    world = World(home, base_url=base_url)
    with world.session() as session:
        for app in session.scalars(select(App)):
            changed = (app.hook_url, app.hook_secret) != (url, secret)
            app.hook_url, app.hook_secret = url, secret
            if changed:
                Herald(world, session, base_url, app.owner).ping(app)
    world.engine.dispose()
