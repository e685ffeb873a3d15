"""The schedule's composition root: `celery -A service.beat beat`.

It loads the queue alone: what is due is a message.
"""

import sys
from typing import Any

from celery.signals import setup_logging

from service import queue
from service.logging import configure
from service.settings import get_settings

app = queue.app


@setup_logging.connect
def _log(**_: Any) -> None:
    configure(as_json=get_settings().log_json)


if __name__ == "__main__":  # `python -m service.beat SCHEDULE`: a file of its own
    app.Beat(schedule=sys.argv[1], loglevel="INFO").run()
