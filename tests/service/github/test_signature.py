import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Misconfigured
from service.github.signature import Verifier, sign

# The vector that GitHub publishes in "Validating webhook deliveries".
SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def verify(header: str | None, *secrets: bytes, body: bytes = BODY) -> bool:
    verifier = Verifier(secrets)
    verifier.update(body)
    return verifier.matches(header)


def test_githubs_published_vector_matches() -> None:
    assert verify(SIGNATURE, SECRET)
    assert sign(SECRET, BODY) == SIGNATURE


@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_of_several_secrets_matches(place: int) -> None:
    secrets = [b"older", b"newer"]
    secrets.insert(place, SECRET)
    assert verify(SIGNATURE, *secrets)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        SIGNATURE.removeprefix("sha256="),
        SIGNATURE.upper(),
        SIGNATURE + "0",
        SIGNATURE + "\n",
        SIGNATURE[:-1] + "8",
        "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest(),
        "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest(),
        "sha256=" + "é" * 64,
    ],
)
def test_everything_else_is_refused(header: str | None) -> None:
    assert not verify(header, SECRET)


def test_a_changed_body_is_refused() -> None:
    assert not verify(SIGNATURE, SECRET, body=BODY + b" ")


@pytest.mark.parametrize("secrets", [(), (b"",), (SECRET, b"")])
def test_without_a_secret_nothing_is_verified_at_all(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(Misconfigured) as caught:
        Verifier(secrets)
    assert "GRAFT_WEBHOOK_SECRETS" in caught.value.mend


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_chunks_and_the_whole_body_give_the_same_answer(chunks: list[bytes]) -> None:
    verifier = Verifier([b"other", SECRET])
    for chunk in chunks:
        verifier.update(chunk)
    assert verifier.matches(sign(SECRET, b"".join(chunks)))
