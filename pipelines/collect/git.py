"""Git for repositories that strangers name: no prompt, no credential, no protocol but those asked for."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_KEPT_VARIABLES: Final = re.compile(
    r"^(PATH|TMPDIR|(https?|no|all)_proxy|SSL_CERT_\w+|CURL_CA_BUNDLE)$", re.IGNORECASE
)
_STALLED: Final = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30")


class GitFailed(Exception):
    """Git ended badly; `said` is what it wrote to standard error."""

    def __init__(self, said: str) -> None:
        super().__init__(said.strip().splitlines()[-1] if said.strip() else "Git said nothing")
        self.said = said


def git(
    repository: Path, *arguments: str, protocols: Sequence[str] = (), timeout: float | None = 60.0
) -> bytes:
    """Run one Git command in a bare repository and return what it wrote.

    `protocols` are those it may fetch by; none is allowed by default. Raises GitFailed, also after `timeout` seconds.
    """
    allowed = [f"protocol.{name}.allow=always" for name in protocols]
    options = ["protocol.allow=never", *allowed, "credential.helper=", "http.followRedirects=false"]
    command = ["git", "-C", str(repository), *(part for option in options for part in ("-c", option))]
    try:
        done = subprocess.run(
            [*command, *_STALLED, *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitFailed(f"timed out after {timeout:.0f} s") from error
    if done.returncode != 0:
        raise GitFailed(done.stderr.decode(errors="replace"))
    return done.stdout


def _environment() -> dict[str, str]:
    """Only the way out of the machine; no settings of its user, which may hold credentials and rewritings."""
    kept = {name: value for name, value in os.environ.items() if _KEPT_VARIABLES.match(name)}
    return kept | {
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
    }
