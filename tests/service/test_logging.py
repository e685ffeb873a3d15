import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from service.logging import Redact, bound, configure


def fail(text: str) -> None:
    raise RuntimeError(text)


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where lines go; the process's own logging is as before afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(written: io.StringIO) -> Lines:
    """What was logged as JSON."""
    configure(as_json=True, secrets=["webhook-geheim"], stream=written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_lines_of_the_standard_library_and_of_structlog_have_one_shape(lines: Lines) -> None:
    logging.getLogger("service.x").warning("run %d waits", 7)
    structlog.get_logger("service.y").info("run starts", stage="train")
    first, second = lines()
    assert (first["event"], first["level"], first["logger"]) == ("run 7 waits", "warning", "service.x")
    assert (second["event"], second["level"], second["stage"]) == ("run starts", "info", "train")
    assert first["timestamp"].endswith("Z")


def test_ids_are_on_every_line_of_their_block_and_on_no_other(lines: Lines) -> None:
    log = logging.getLogger("service.x")
    with bound(delivery="d-1", repository="a/b", number=7), bound(run=3, stage="train"):
        log.info("inside")
    log.info("outside")
    inside, outside = lines()
    ids = {"delivery": "d-1", "repository": "a/b", "number": 7, "run": 3, "stage": "train"}
    assert ids.items() <= inside.items()
    assert not ids.keys() & outside.keys()


@pytest.mark.parametrize(
    "text",
    [
        "token ghs_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "Authorization: Bearer abcdefghijklmnop",
        "Authorization: Basic eC1hY2Nlc3MtdG9rZW46Z2hz",
        "jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2lnbmF0dXJl",
        "https://x-access-token:hunter22@github.com/a/b.git",
        "postgresql://graft:hunter22@db/graft",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "the secret is webhook-geheim",
    ],
)
def test_what_looks_like_a_credential_is_hidden_wherever_it_stands(lines: Lines, text: str) -> None:
    secret = max(text.replace("://", " ").replace("@", " ").replace("\n", " ").split(), key=len)
    log = structlog.get_logger("service.x")
    log.info(text)
    log.info("x", detail=text, deep=[{"inner": (text,)}])
    try:
        fail(text)
    except RuntimeError:
        log.exception("it failed")
    found = lines()
    assert len(found) == 3
    for line in found:
        assert "[hidden]" in json.dumps(line)
        assert "hunter22" not in json.dumps(line)
        assert secret not in line["event"]


@pytest.mark.parametrize(
    "name", ["token", "github_token", "Authorization", "password", "webhook_secret", "api_key"]
)
def test_what_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert Redact()(None, "info", {"event": "x", name: "abc"})[name] == "[hidden]"


def test_ordinary_words_stay(lines: Lines) -> None:
    text = "PR 7 of orchard/taxonomy at a1b2c3d4e5: 48 of 96 samples, https://github.com/a/b"
    logging.getLogger("service.x").info(text)
    assert lines()[0]["event"] == text


def test_the_console_gets_readable_lines(written: io.StringIO) -> None:
    configure(as_json=False, stream=written)
    try:
        fail("ghs_AbCdEfGhIjKlMnOpQrStUvWxYz012345")
    except RuntimeError:
        logging.getLogger("service.x").exception("it failed")
    said = written.getvalue()
    assert "it failed" in said
    assert "RuntimeError" in said
    assert "ghs_" not in said
