"""What a document's address, its host, its DNS and its repository may try, and what comes of it."""

import itertools
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.collect import resolving
from pipelines.collect.config import CollectSettings
from pipelines.collect.documents import Documents
from pipelines.collect.git import GitFailed, git
from pipelines.collect.resolving import NotPublic, is_public, pins
from pipelines.errors import BadContribution, OutsideFailed
from taxonomy_schema.models import KnowledgeDocument
from tests.pipelines.collect.conftest import DOCUMENT_URL, Repository
from tests.pipelines.collect.conftest import git as real_git

PUBLIC = "140.82.112.3"
PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where clouds keep their machines' credentials
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "nonsense",
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_name_may_mean_a_machine_of_our_own_network(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(NotPublic, match=r"github\.com means"):
        pins("github.com", lambda _host: [PUBLIC, address])


@pytest.mark.parametrize("address", [PUBLIC, "2606:50c0:8000::153", "64:ff9b::8c52:7003"])
def test_public_machines_are_held_to(address: str) -> None:
    shown = f"[{address}]" if ":" in address else address
    assert pins("github.com", lambda _host: [address]) == (f"github.com:443:{shown}",)


def test_behind_a_proxy_names_are_the_proxys_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert pins("github.com", lambda _host: [PRIVATE[0]]) == ()
    monkeypatch.setenv("no_proxy", "github.com")
    with pytest.raises(NotPublic):
        pins("github.com", lambda _host: [PRIVATE[0]])


def documents(folder: Path, **settings: object) -> Documents:
    return Documents(folder / "documents", CollectSettings.model_validate(settings), {})


def wanted(commit: str = "a" * 40, repository: str = DOCUMENT_URL) -> KnowledgeDocument:
    return KnowledgeDocument(repository=repository, commit=commit, patterns=("*.md",))


def test_a_host_that_turns_inward_is_not_asked_and_a_mirror_is_named_as_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "lookup", lambda _host: ["10.0.0.7"])
    monkeypatch.setattr(pins, "__defaults__", (resolving.lookup,))
    with pytest.raises(OutsideFailed, match=r"10\.0\.0\.7") as caught:
        documents(tmp_path).read("knowledge/birds", wanted())
    assert caught.value.code == "documents_not_public"
    assert "mirror" in caught.value.mend


def test_a_name_that_means_another_machine_the_second_time_is_still_fetched_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = itertools.chain([PUBLIC], itertools.repeat("127.0.0.1"))
    monkeypatch.setattr(pins, "__defaults__", (lambda _host: [next(answers)],))
    asked = []

    def fetch(*arguments: object, **options: object) -> bytes:
        if "fetch" in arguments:
            asked.append(options["pins"])
            raise GitFailed("fatal: could not connect")
        return git(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("pipelines.collect.documents.git", fetch)
    with pytest.raises(OutsideFailed):
        documents(tmp_path).read("knowledge/birds", wanted())
    assert asked == [(f"github.com:443:{PUBLIC}",)] * 2


class Listener:
    """A web server on loopback that notes who was asked for, and answers `status` with `location`."""

    def __init__(self, status: int, location: str = "") -> None:
        asked = self.asked = []  # type: list[str]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(f"{self.headers['host']}{self.path}")
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    return tmp_path / "bare.git"


@pytest.fixture
def inside() -> Iterator[Listener]:
    listener = Listener(404)
    yield listener
    listener.stop()


def test_git_connects_where_the_name_was_pinned_and_asks_no_dns(bare: Path, inside: Listener) -> None:
    host = f"docs.invalid:{inside.port}"  # no DNS knows it
    with pytest.raises(GitFailed, match="not found"):
        git(bare, "fetch", "--", f"http://{host}/a/b", protocols=("http",), pins=(f"{host}:127.0.0.1",))
    assert inside.asked[0].startswith(f"{host}/a/b/info/refs")


def test_a_redirect_is_not_followed(bare: Path, inside: Listener) -> None:
    outside = Listener(302, f"http://127.0.0.1:{inside.port}/latest/meta-data")
    try:
        with pytest.raises(GitFailed):
            git(bare, "fetch", "--", f"http://127.0.0.1:{outside.port}/a/b", protocols=("http",))
    finally:
        outside.stop()
    assert outside.asked
    assert inside.asked == []


def test_a_host_that_says_nothing_is_left_after_a_time_with_all_that_git_started(bare: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a/b"
        began = time.monotonic()
        with pytest.raises(GitFailed, match="timed out after 1 s"):
            git(bare, "fetch", "--", url, protocols=("http",), timeout=1)
        assert time.monotonic() - began < 20  # Git's helper would give up by itself, after 30
        connection, _ = silent.accept()
        connection.settimeout(10)
        while connection.recv(4096):  # what was asked; then the end, since nobody holds the other side
            pass
        connection.close()


def make_repository(folder: Path) -> Repository:
    folder.mkdir()
    real_git(folder, "init", "--quiet")
    return Repository(folder)


def test_a_repository_that_is_too_large_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = make_repository(tmp_path / "large")
    # Each file is small enough; together they are not.
    noise = b"".join(sha1(bytes([n % 256, n // 256])).digest() for n in range(20_000))  # noqa: S324 - only noise
    files = {f"{n}.bin": noise[n * 80_000 : (n + 1) * 80_000] for n in range(5)}
    commit = source.commit({"a.md": "words", **files})
    cache = Documents(
        tmp_path / "documents",
        CollectSettings(max_repository_bytes=100_000),
        {DOCUMENT_URL: f"file://{source.path}"},
    )
    with pytest.raises(BadContribution, match="larger than 100,000 bytes"):
        cache.read("knowledge/birds", wanted(commit))
    left = [
        file
        for file in (tmp_path / "documents").rglob("*")
        if file.is_file() and file.stat().st_size > 50_000
    ]
    assert left == []


def object_of(folder: Path, kind: str, content: bytes) -> str:
    """Write an object as Git keeps it; returns its id."""
    whole = f"{kind} {len(content)}\0".encode() + content
    name = sha1(whole).hexdigest()  # noqa: S324 - it is Git's
    path = folder / ".git" / "objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole))
    return name


def test_a_tree_that_unfolds_without_end_is_not_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.collect.documents._MOST_LISTED", 100_000)
    source = make_repository(tmp_path / "bomb")
    inner = object_of(source.path, "blob", b"words")
    mode = b"100644"
    for _ in range(10):  # ten to the tenth names
        entries = b"".join(mode + b" f%d\0" % n + bytes.fromhex(inner) for n in range(10))
        inner, mode = object_of(source.path, "tree", entries), b"40000"
    commit = real_git(source.path, "commit-tree", inner, "-m", "grow")
    real_git(source.path, "update-ref", "refs/heads/main", commit)
    cache = Documents(tmp_path / "documents", CollectSettings(), {DOCUMENT_URL: f"file://{source.path}"})
    with pytest.raises(BadContribution, match="lists more than"):
        cache.read("knowledge/birds", wanted(commit))


@pytest.mark.parametrize(
    "name",
    ["$(touch pwned).md", "; touch pwned.md", "`touch pwned`.md", "-rf.md", "a\nb.md", "caf\xe9\x07.md"],
)
def test_names_full_of_shell_are_names(tmp_path: Path, name: str) -> None:
    source = make_repository(tmp_path / "source")
    commit = source.commit({name: "The wren is small.\n"})
    cache = Documents(tmp_path / "documents", CollectSettings(), {DOCUMENT_URL: str(source.path)})
    (text,) = cache.read("knowledge/birds", wanted(commit))
    assert text.content == b"The wren is small.\n"
    assert text.name == name
    assert not list(tmp_path.rglob("pwned"))


def test_filters_and_submodules_of_a_repository_do_nothing(tmp_path: Path) -> None:
    source = make_repository(tmp_path / "source")
    commit = source.commit(
        {
            "a.md": "The wren is small.\n",
            ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch pwned"\n',
            ".gitattributes": "*.md filter=evil\n",
            ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/\n",
        }
    )
    cache = Documents(tmp_path / "documents", CollectSettings(), {DOCUMENT_URL: str(source.path)})
    cache.cache.mkdir()
    (first,) = cache.read("knowledge/birds", wanted(commit))
    assert first.content == b"The wren is small.\n"
    assert not list(tmp_path.rglob("pwned"))
