"""Git over smart HTTP: `git http-backend` behind the server, streamed both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from . import auth, moves
from .auth import Viewer
from .call import links_of
from .errors import ApiError, StandInError
from .events import Herald
from .git import git_environment
from .pushes import tell_of_pushes
from .tables import Repo
from .world import World, find_repo

router = APIRouter()
_CHUNK = 64 * 1024
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="GitHub"'}


@router.get("/{owner}/{name}/info/refs")
async def advertise(request: Request, owner: str, name: str, service: str = "") -> Response:
    if service not in {"git-upload-pack", "git-receive-pack"}:
        return PlainTextResponse("Please use a Git client that speaks smart HTTP.\n", status_code=403)
    return await _serve(request, owner, name, "info/refs", writing=service == "git-receive-pack")


@router.post("/{owner}/{name}/git-upload-pack")
async def upload_pack(request: Request, owner: str, name: str) -> Response:
    return await _serve(request, owner, name, "git-upload-pack", writing=False)


@router.post("/{owner}/{name}/git-receive-pack")
async def receive_pack(request: Request, owner: str, name: str) -> Response:
    return await _serve(request, owner, name, "git-receive-pack", writing=True)


class _Answer(StreamingResponse):
    """Streams without watching for a hang-up: the watcher would take pieces of the request still being read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await self.stream_response(send)


async def _serve(request: Request, owner: str, name: str, tail: str, *, writing: bool) -> Response:
    world: World = request.app.state.world
    try:
        repo, viewer = await asyncio.to_thread(
            _admit, world, request, owner, name.removesuffix(".git"), writing
        )
    except moves.Moved as moved:
        url = f"{links_of(request).page(moved.full_name)}.git/{tail}?{request.url.query}"
        return PlainTextResponse("", status_code=301, headers={"Location": url})
    except ApiError as error:
        challenge = _CHALLENGE if error.status == 401 else None  # noqa: PLR2004
        return PlainTextResponse(f"{error.message}\n", status_code=error.status, headers=challenge)
    process = await asyncio.create_subprocess_exec(
        "git", "http-backend",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=_environment(world, request, repo, tail, viewer),
    )  # fmt: skip
    feeding = asyncio.create_task(_feed(request, process))
    try:
        status, headers = await _read_head(process)
    except StandInError:
        await _end(process, feeding)
        raise
    push = writing and tail == "git-receive-pack"
    body = _body(process, feeding, _Push(world, links_of(request).site, repo.id, viewer) if push else None)
    return _Answer(body, status_code=status, headers=headers)


def _admit(world: World, request: Request, owner: str, name: str, writing: bool) -> tuple[Repo, Viewer]:
    with world.session() as session:
        viewer = auth.identify(session, world, request.headers.get("authorization"))
        repo = find_repo(session, owner, name)
        if repo is None:
            moved = moves.sent_on(session, owner, name)
            raise moved or ApiError(404 if viewer.account else 401, "Repository not found.")
        if writing and not auth.may(session, viewer, repo, "write"):
            if viewer.account is None:
                raise ApiError(401, "Authentication required.")
            raise ApiError(403, f"Permission to {repo.full_name}.git denied to {viewer.login}.")
        return repo, viewer


def _environment(world: World, request: Request, repo: Repo, tail: str, viewer: Viewer) -> dict[str, str]:
    facts = {
        "GIT_PROJECT_ROOT": str(world.home / "git"),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repo.full_name}.git/{tail}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    if viewer.account is not None:
        facts["REMOTE_USER"] = viewer.account.login
    for header, variable in (
        ("content-length", "CONTENT_LENGTH"), ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"), ("accept", "HTTP_ACCEPT"),
    ):  # fmt: skip
        if header in request.headers:
            facts[variable] = request.headers[header]
    return git_environment(facts)


async def _feed(request: Request, process: asyncio.subprocess.Process) -> None:
    """The client's bytes to Git; Git may stop reading when it has what it wants."""
    stdin = process.stdin
    if stdin is None:
        raise StandInError("git http-backend was started without an input")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for chunk in request.stream():
            if stdin.is_closing():
                return
            if chunk:
                stdin.write(chunk)
                await stdin.drain()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.close()
        await stdin.wait_closed()


async def _read_head(process: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    """The CGI head: a status and headers, up to the empty line."""
    if process.stdout is None:
        raise StandInError("git http-backend was started without an output")
    status, headers = 200, {}
    while line := (await process.stdout.readline()).strip():
        key, _, value = line.decode("latin-1").partition(":")
        if key.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[key.lower()] = value.strip()
    if not headers and status == 200:  # noqa: PLR2004
        raise StandInError("git http-backend gave no answer; is Git installed whole?")
    return status, headers


class _Push:
    """Told of once Git has taken it, before the client hears that it is done."""

    def __init__(self, world: World, site: str, repo_id: int, viewer: Viewer) -> None:
        self.world, self.site, self.repo_id, self.viewer = world, site, repo_id, viewer

    async def tell(self) -> None:
        async with self.world.writing:
            await asyncio.to_thread(self._tell)
        self.world.deliver.set()

    def _tell(self) -> None:
        with self.world.session() as session:
            repo = session.get_one(Repo, self.repo_id)
            tell_of_pushes(Herald(self.world, session, self.site, self.viewer.user()), repo)


async def _body(
    process: asyncio.subprocess.Process, feeding: asyncio.Task[None], push: _Push | None
) -> AsyncIterator[bytes]:
    held: list[bytes] = []
    try:
        while process.stdout is not None and (chunk := await process.stdout.read(_CHUNK)):
            if push is None:
                yield chunk
            else:
                held.append(chunk)
        await feeding
        await process.wait()
    finally:
        await _end(process, feeding)
        if push is not None:  # also when the client hung up: Git has what it took
            await asyncio.shield(push.tell())
    for chunk in held:
        yield chunk


async def _end(process: asyncio.subprocess.Process, feeding: asyncio.Task[None]) -> None:
    feeding.cancel()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
