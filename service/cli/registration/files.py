"""Where an App's secrets go: a key file and a settings file, both for their owner alone."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.errors import Misconfigured, ServiceError

_OWNER_ALONE: Final = 0o600
_APP = re.compile(r"^GRAFT_GITHUB_APP_ID=\S", re.MULTILINE)


class NotWritten(ServiceError):
    """The App is there, and what GitHub said of it could not be kept."""


def prepare(settings_file: Path) -> Path:
    """Where the key will lie. Raises Misconfigured when the files cannot be written, or hold an App already.

    Called before anything is made at GitHub, so that nothing is made in vain.
    """
    key_file = settings_file.with_suffix(".pem")
    try:
        settings_file.parent.mkdir(parents=True, exist_ok=True)
        if settings_file.exists() and _APP.search(settings_file.read_text()):
            raise Misconfigured(
                f"{settings_file} names an App already",
                mend="Name another file with --settings, or take its line GRAFT_GITHUB_APP_ID out.",
            )
        if key_file.exists():
            raise Misconfigured(
                f"{key_file} is there already, and a key is never written over",
                mend="Name another file with --settings, or move the key away.",
            )
        with tempfile.NamedTemporaryFile(dir=settings_file.parent):
            pass
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{settings_file} cannot be written: {error}", mend="Name another file with --settings."
        ) from error
    return key_file


def keep_key(file: Path, key: str) -> None:
    """Write the key; raises NotWritten when it cannot be kept."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(key)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise _lost(file, error) from error


def keep_settings(file: Path, values: Mapping[str, str]) -> None:
    """Set these variables in the file, and leave its other lines as they are. Raises NotWritten."""
    try:
        lines = file.read_text().splitlines() if file.exists() else []
        kept = [line for line in lines if line.partition("=")[0].strip() not in values]
        text = "\n".join([*kept, *(f"{name}={value}" for name, value in values.items())]) + "\n"
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, delete=False
        ) as half:  # made for its owner alone
            half.write(text)
            half.flush()
            os.fsync(half.fileno())
        Path(half.name).replace(file)
    except OSError as error:
        raise _lost(file, error) from error


def _lost(file: Path, error: OSError) -> NotWritten:
    return NotWritten(
        f"{file} could not be written: {error}",
        mend="The App exists. In its settings at GitHub make a new private key and a new webhook secret, and set both.",
    )
