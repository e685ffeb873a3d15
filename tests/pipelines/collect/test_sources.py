"""Which addresses may be fetched, and which names a pattern means."""

import subprocess

import pytest

from pipelines.collect.addresses import AddressRefused, source_of
from pipelines.collect.git import GitFailed, git
from taxonomy_schema.globs import matches

HOSTS = ("github.com", "gitlab.com")


def test_a_plain_url_is_read_by_https_alone() -> None:
    source = source_of("https://github.com/a/b.git", HOSTS, {})
    assert (source.address, source.protocols, source.mirrored) == (
        "https://github.com/a/b",
        ("https",),
        False,
    )


def test_the_longest_mirror_wins_and_ends_between_parts() -> None:
    mirrors = {"https://github.com/": "/m", "https://github.com/a/b": "/bundle"}
    assert source_of("https://github.com/a/b", HOSTS, mirrors).address == "/bundle"
    assert source_of("https://github.com/a/bc", HOSTS, mirrors).address == "/m/a/bc"


def test_a_mirror_does_not_open_a_host_that_is_not_allowed() -> None:
    with pytest.raises(AddressRefused, match=r"evil\.example"):
        source_of("https://evil.example/a", HOSTS, {"https://evil.example/": "/m"})


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:a/b",
        "ssh://github.com/a/b",
        "file:///etc",
        "ext::sh -c id",
        "--upload-pack=id",
        "https://github.com",
        "https://github.com/a/../b",
        "https://github.com/a b",
        "https://github.com/a\n/b",
        "https://github.com@evil.example/a",
        "https://github.com/a?x=1",
        "https://gith\u00fcb.com/a",
        "",
    ],
)
def test_nothing_but_https_to_an_allowed_host_is_fetched(url: str) -> None:
    with pytest.raises(AddressRefused):
        source_of(url, HOSTS, {})


@pytest.mark.parametrize("command", ["ext::sh -c 'touch pwned'", "/"])
def test_git_itself_refuses_protocols_it_was_not_given(command: str, tmp_path: object) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    with pytest.raises(GitFailed, match="not allowed"):
        git(tmp_path, "fetch", "--", command)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.md", "a.md", True),
        ("*.md", "docs/a.md", False),
        ("docs/*.md", "docs/a.md", True),
        ("**/*.md", "a.md", True),
        ("**/*.md", "x/y/a.md", True),
        ("docs/**", "docs/x/a.md", True),
        ("docs/**/a.md", "docs/a.md", True),
        ("./a.md", "a.md", True),
        ("a?c.md", "abc.md", True),
        ("a?c.md", "a/c.md", False),
        ("[ab].md", "b.md", True),
        ("A.md", "a.md", False),
        ("../a.md", "a.md", False),
    ],
)
def test_patterns_are_read_as_pathlib_reads_them(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected
