"""GitHub's webhook signature: HMAC-SHA256 of the raw body, in `X-Hub-Signature-256`.

Method: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. The older SHA-1 header is
never looked at.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from service.errors import Misconfigured

HEADER: Final = "X-Hub-Signature-256"
_SIGNATURE = re.compile(r"sha256=(?P<digest>[0-9a-f]{64})")


@cache
def _keyed(secret: bytes) -> hmac.HMAC:
    """A MAC that was fed nothing but its key: a copy costs a fraction of a new one."""
    return hmac.new(secret, digestmod=hashlib.sha256)


class Verifier:
    """One body's verification, fed while the body streams in. Several secrets are accepted, so that they can rotate."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Raises Misconfigured when there is no secret, or an empty one: then anybody could sign."""
        if not secrets or not all(secrets):
            raise Misconfigured(
                "no webhook secret is configured, so anybody could forge a delivery",
                mend="Set GRAFT_WEBHOOK_SECRETS to the secret that the GitHub App's webhook uses.",
            )
        self._macs = [_keyed(secret).copy() for secret in secrets]

    def update(self, chunk: bytes) -> None:
        for mac in self._macs:
            mac.update(chunk)

    def matches(self, header: str | None) -> bool:
        """Whether one of the secrets made this header for what was fed so far; in constant time for each secret."""
        found = _SIGNATURE.fullmatch(header or "")
        if found is None:
            return False
        # Every secret is compared, so that the time does not tell which one matched.
        matches = [hmac.compare_digest(mac.hexdigest(), found["digest"]) for mac in self._macs]
        return any(matches)


def sign(secret: bytes, body: bytes) -> str:
    """The header for a body; what the stand-in and tests send."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
