"""Where the pages are, at GitHub's own paths."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from sqlalchemy import func, select

from service.github.standin import auth, diff
from service.github.standin.call import Call, CallNow, TransactionRoute
from service.github.standin.diff import FileChange
from service.github.standin.errors import not_found
from service.github.standin.git import GitRepo
from service.github.standin.pages.lines import Line, lines_of
from service.github.standin.pages.render import HEADERS, HERE, page
from service.github.standin.review_tables import Review, ReviewComment
from service.github.standin.shapes.pulls import diff_base
from service.github.standin.tables import (
    Account,
    Annotation,
    Asset,
    CheckRun,
    CheckSuite,
    Issue,
    Pull,
    Release,
    Repo,
)
from service.github.standin.world import find_account

router = APIRouter(route_class=TransactionRoute)


class Frame:
    """What every page of a repository shows around its content."""

    def __init__(self, call: Call, owner: str, name: str, tab: str) -> None:
        self.repo: Repo = call.repo(owner, name)
        self.git: GitRepo = call.git(self.repo)
        self.tab = tab
        query = select(func.count(Issue.id)).where(Issue.repo_id == self.repo.id, Issue.state == "open")
        self.issues = call.session.scalar(query.where(~Issue.pull.has())) or 0
        self.pulls = call.session.scalar(query.where(Issue.pull.has())) or 0
        self.clone_url = f"{call.links.page(owner, name)}.git"


@dataclass(frozen=True)
class ShownFile:
    change: FileChange
    lines: list[Line]


@router.get("/")
def home(call: CallNow) -> HTMLResponse:
    repos = call.session.scalars(select(Repo).order_by(Repo.id)).all()
    return page("home.html", title="Repositories", repos=repos)


@router.get("/{login}")
def owner(call: CallNow, login: str) -> HTMLResponse:
    account = find_account(call.session, login)
    if account is None:
        raise not_found()
    repos = call.session.scalars(select(Repo).where(Repo.owner_id == account.id).order_by(Repo.id)).all()
    return page("home.html", title=login, repos=repos)


@router.get("/_standin/style.css")
def style() -> FileResponse:
    return FileResponse(HERE / "static" / "style.css", headers=HEADERS)


@router.get("/{owner}/{name}")
def repository(call: CallNow, owner: str, name: str) -> HTMLResponse:
    return _tree(call, owner, name.removesuffix(".git"), None, "")


@router.get("/{owner}/{name}/tree/{rest:path}")
def tree(call: CallNow, owner: str, name: str, rest: str) -> HTMLResponse:
    reference, path = _split(call, owner, name, rest)
    return _tree(call, owner, name, reference, path)


@router.get("/{owner}/{name}/blob/{rest:path}")
def blob(call: CallNow, owner: str, name: str, rest: str) -> HTMLResponse:
    frame = Frame(call, owner, name, "code")
    reference, path = _split(call, owner, name, rest)
    data = _file(frame, reference, path)
    binary = b"\0" in data[:8000]
    text = "" if binary else data.decode(errors="replace")
    return page(
        "blob.html", title=f"{path} at {reference}", frame=frame, reference=reference, path=path,
        crumbs=_crumbs(path), text=text, lines=text.splitlines(), binary=binary, size=len(data),
    )  # fmt: skip


@router.get("/{owner}/{name}/raw/{rest:path}")
def raw(call: CallNow, owner: str, name: str, rest: str) -> Response:
    """A file's bytes, always as plain text, so that no browser runs them."""
    reference, path = _split(call, owner, name, rest)
    data = _file(Frame(call, owner, name, "code"), reference, path)
    return Response(data, media_type="text/plain; charset=utf-8", headers=HEADERS)


def _split(call: Call, owner: str, name: str, rest: str) -> tuple[str, str]:
    """A reference (which may hold slashes) and a path."""
    git = call.git(call.repo(owner, name))
    parts = rest.strip("/").split("/")
    for length in range(1, len(parts) + 1):
        reference = "/".join(parts[:length])
        if git.resolve(reference) is not None:
            return reference, "/".join(parts[length:])
    raise not_found()


def _file(frame: Frame, reference: str, path: str) -> bytes:
    sha = frame.git.resolve(reference)
    entry = frame.git.entry(sha, path) if sha and path else None
    if entry is None or entry.kind != "blob":
        raise not_found()
    return frame.git.blob(entry.sha)


def _crumbs(path: str) -> list[tuple[str, str]]:
    parts = path.split("/") if path else []
    return [(part, "/".join(parts[: index + 1])) for index, part in enumerate(parts)]


def _tree(call: Call, owner: str, name: str, reference: str | None, path: str) -> HTMLResponse:
    frame = Frame(call, owner, name, "code")
    reference = reference or frame.repo.default_branch
    sha = frame.git.resolve(reference)
    entries = frame.git.tree(sha, path=f"{path}/" if path else "") if sha else []
    if path and not entries:
        raise not_found()
    entries = sorted(entries, key=lambda entry: (entry.kind != "tree", entry.name))
    readme = next(
        (frame.git.blob(e.sha).decode(errors="replace") for e in entries if e.name == "README.md"), None
    )
    last = frame.git.commit(sha) if sha else None
    return page(
        "tree.html", title=frame.repo.full_name, frame=frame, reference=reference, path=path,
        crumbs=_crumbs(path), entries=entries, readme=readme, last=last, quote=quote,
    )  # fmt: skip


@router.get("/{owner}/{name}/pulls")
def pulls(call: CallNow, owner: str, name: str) -> HTMLResponse:
    return _conversations(call, owner, name, "pulls")


@router.get("/{owner}/{name}/issues")
def issues(call: CallNow, owner: str, name: str) -> HTMLResponse:
    return _conversations(call, owner, name, "issues")


def _conversations(call: Call, owner: str, name: str, tab: str) -> HTMLResponse:
    frame = Frame(call, owner, name, tab)
    query = select(Issue).where(Issue.repo_id == frame.repo.id).order_by(Issue.number.desc())
    rows = call.session.scalars(query.where(Issue.pull.has() if tab == "pulls" else ~Issue.pull.has())).all()
    title = "Pull requests" if tab == "pulls" else "Issues"
    return page("conversations.html", title=f"{title} · {frame.repo.full_name}", frame=frame, rows=rows)


@router.get("/{owner}/{name}/issues/{number}", response_model=None)
def issue(call: CallNow, owner: str, name: str, number: int) -> Response:
    frame = Frame(call, owner, name, "issues")
    row = call.issue(frame.repo, number)
    if row.pull is not None:
        return RedirectResponse(f"/{owner}/{name}/pull/{number}")
    return page(
        "conversation.html", title=f"{row.title} · #{number}", frame=frame, issue=row, pull=None,
        badge=_badge(call, frame),
    )  # fmt: skip


def _badge(call: Call, frame: Frame) -> object:
    """Who somebody is to this repository, as the word beside their name."""

    def badge(account: Account) -> str:
        if account.kind == "Bot":
            return "bot"
        word = auth.association(call.session, frame.repo, account)
        return "" if word == "NONE" else word.capitalize()

    return badge


@router.get("/{owner}/{name}/pull/{number}.diff")
def pull_diff(call: CallNow, owner: str, name: str, number: int) -> Response:
    frame = Frame(call, owner, name, "pulls")
    row = call.pull(frame.repo, number)
    text = frame.git.run("diff", "-M", diff_base(frame.git, row), row.head_sha)
    return Response(text, media_type="text/plain; charset=utf-8", headers=HEADERS)


@router.get("/{owner}/{name}/pull/{number}")
def pull(call: CallNow, owner: str, name: str, number: int) -> HTMLResponse:
    return _pull_page(call, owner, name, number, "conversation")


@router.get("/{owner}/{name}/pull/{number}/commits")
def pull_commits(call: CallNow, owner: str, name: str, number: int) -> HTMLResponse:
    return _pull_page(call, owner, name, number, "commits")


@router.get("/{owner}/{name}/pull/{number}/checks")
def pull_checks(call: CallNow, owner: str, name: str, number: int) -> HTMLResponse:
    return _pull_page(call, owner, name, number, "checks")


@router.get("/{owner}/{name}/pull/{number}/files")
def pull_files(call: CallNow, owner: str, name: str, number: int) -> HTMLResponse:
    return _pull_page(call, owner, name, number, "files")


def _pull_page(call: Call, owner: str, name: str, number: int, part: str) -> HTMLResponse:
    frame = Frame(call, owner, name, "pulls")
    row = call.pull(frame.repo, number)
    commits = list(frame.git.log(f"{row.base_sha}..{row.head_sha}"))[::-1]
    runs = _runs(call, frame.repo, row.head_sha)
    return page(
        "conversation.html", title=f"{row.issue.title} · #{number}", frame=frame, issue=row.issue, pull=row,
        part=part, commits=commits, runs=runs, files=_shown_files(frame.git, row, runs), badge=_badge(call, frame),
        remarks=_remarks(call, row),
    )  # fmt: skip


def _remarks(call: Call, row: Pull) -> list[ReviewComment]:
    """What reviews say of lines."""
    query = select(ReviewComment).join(Review, Review.id == ReviewComment.review_id)
    query = query.where(Review.issue_id == row.issue_id, Review.submitted_at.is_not(None))
    return list(call.session.scalars(query.order_by(ReviewComment.id)))


def _runs(call: Call, repo: Repo, sha: str) -> list[CheckRun]:
    """The newest run of each name at a commit."""
    query = select(CheckRun).join(CheckSuite, CheckSuite.id == CheckRun.suite_id).order_by(CheckRun.id)
    rows = call.session.scalars(query.where(CheckSuite.repo_id == repo.id, CheckSuite.head_sha == sha))
    return list({row.name: row for row in rows}.values())


def _shown_files(git: GitRepo, row: Pull, runs: list[CheckRun]) -> list[ShownFile]:
    """Each changed file with its lines, and the annotations under the lines they speak of."""
    notes: dict[str, list[Annotation]] = {}
    for run in runs:
        for note in run.annotations:
            notes.setdefault(note.path, []).append(note)
    files = diff.changes(git, diff_base(git, row), row.head_sha)
    return [ShownFile(file, lines_of(file.patch or "", notes.get(file.path, []))) for file in files]


@router.get("/{owner}/{name}/runs/{run_id}")
def check_run(call: CallNow, owner: str, name: str, run_id: int) -> HTMLResponse:
    frame = Frame(call, owner, name, "pulls")
    row = call.session.get(CheckRun, run_id)
    if row is None or row.suite.repo_id != frame.repo.id:
        raise not_found()
    return page("run.html", title=f"{row.name} · {frame.repo.full_name}", frame=frame, run=row)


@router.get("/{owner}/{name}/commit/{sha}")
def commit(call: CallNow, owner: str, name: str, sha: str) -> HTMLResponse:
    frame = Frame(call, owner, name, "code")
    found = frame.git.resolve(sha)
    if found is None:
        raise not_found()
    data = frame.git.commit(found)
    base = data.parents[0] if data.parents else diff.EMPTY_TREE
    files = [ShownFile(file, lines_of(file.patch or "", [])) for file in diff.changes(frame.git, base, found)]
    return page(
        "commit.html", title=f"{sha[:7]} · {frame.repo.full_name}", frame=frame, commit=data, files=files
    )


@router.get("/{owner}/{name}/releases")
@router.get("/{owner}/{name}/releases/tag/{tag:path}")
def releases(call: CallNow, owner: str, name: str, tag: str | None = None) -> HTMLResponse:
    frame = Frame(call, owner, name, "releases")
    query = select(Release).where(Release.repo_id == frame.repo.id, Release.draft.is_(False))
    rows = call.session.scalars(query.order_by(Release.id.desc())).all()
    shown = [row for row in rows if tag in (None, row.tag_name)]
    if tag is not None and not shown:
        raise not_found()
    newest = next((row.id for row in rows if not row.prerelease), None)
    title = f"Releases · {frame.repo.full_name}"
    return page("releases.html", title=title, frame=frame, releases=shown, newest=newest)


@router.get("/{owner}/{name}/releases/download/{tag}/{file}")
def download(call: CallNow, *, owner: str, name: str, tag: str, file: str) -> FileResponse:
    query = select(Asset).join(Release, Release.id == Asset.release_id)
    query = query.where(
        Release.repo_id == call.repo(owner, name).id, Release.tag_name == tag, Asset.name == file
    )
    asset = call.session.scalar(query.where(Release.draft.is_(False)))
    if asset is None:
        raise not_found()
    return FileResponse(
        call.world.assets / str(asset.id),
        media_type="application/octet-stream",
        filename=asset.name,
        headers=HEADERS,
    )
