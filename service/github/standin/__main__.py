"""`python -m service.github.standin --home DIR --port N`: runs the stand-in until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from .app import RATE_LIMIT, create_app
from .errors import StandInError
from .seed import seed_sample, set_webhook

_KEEP_ALIVE_SECONDS = 600
"""After uvicorn's five, somebody who thinks as long would at times write into a connection that is being closed."""


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m service.github.standin", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder that holds everything")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    parser.add_argument("--url-file", type=Path, help="file to write the base URL to, once listening")
    parser.add_argument("--webhook-url", help="where the App's webhooks go")
    parser.add_argument(
        "--webhook-secret-file", type=Path, help="file that holds the secret to sign them with"
    )
    parser.add_argument("--rate-limit", type=int, default=RATE_LIMIT, help="requests an hour for each token")
    arguments = parser.parse_args(argv)
    if bool(arguments.webhook_url) != bool(arguments.webhook_secret_file):
        parser.error("--webhook-url and --webhook-secret-file go together")
    return arguments


def main(argv: list[str]) -> int:
    """Seeds an empty home with the sample taxonomy, then serves it. Returns the exit status."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        if not (arguments.home / "world.json").exists():
            seed_sample(arguments.home)
        with socket.create_server((arguments.host, arguments.port)) as listener:
            base_url = f"http://{arguments.host}:{listener.getsockname()[1]}"
            if arguments.webhook_url:
                secret = arguments.webhook_secret_file.read_text().strip()
                set_webhook(arguments.home, arguments.webhook_url, secret, base_url=base_url)
            _serve(arguments, listener, base_url)
    except (OSError, StandInError) as error:
        sys.stderr.write(f"The stand-in cannot run: {error}\n")
        return 3
    return 0


def _serve(arguments: argparse.Namespace, listener: socket.socket, base_url: str) -> None:
    app = create_app(arguments.home, base_url=base_url, rate_limit=arguments.rate_limit)
    if arguments.url_file is not None:
        half = arguments.url_file.with_name(arguments.url_file.name + f".{os.getpid()}")
        half.write_text(base_url + "\n")
        half.replace(arguments.url_file)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
