"""Two usual ways to work off webhooks, as they are found in the field, to be put into the same storm.

`python -m service.cli.chaos.peer_workers`          takes a webhook off a Redis list (RPOP), then works on it
`celery -A service.cli.chaos.peer_workers worker`  a Celery task with `acks_late`, and nothing else

Both do what a service of this kind does: look, answer under the pull request, and do what is left (a label, a status).
Where they find GitHub and the broker comes from `PEER_*` variables.
"""

import json
import os
import sys
import time
from typing import Any

import httpx
import redis
from celery import Celery

LIST = "webhooks"
_WORK_SECONDS = 0.1
"""How long a handler works before it writes, and once more after it."""

app = Celery("peer", broker=os.environ.get("PEER_BROKER", "redis://127.0.0.1:6379/1"), set_as_current=False)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # The default is an hour, after which nobody waits any more; the shortest that people set is a few seconds.
    broker_transport_options={"visibility_timeout": 4},
)


@app.task(name="peer_answer", shared=False)  # type: ignore[untyped-decorator]  # Celery publishes no types
def answer(webhook: dict[str, Any]) -> None:
    """Handle one webhook: answer under its pull request."""
    time.sleep(_WORK_SECONDS)
    url = (
        f"{os.environ['PEER_API']}/repos/{os.environ['PEER_REPOSITORY']}/issues/{webhook['number']}/comments"
    )
    body = f"<!-- peer:{webhook['id']} -->"
    headers = {"Authorization": f"token {os.environ['PEER_TOKEN']}"}
    httpx.post(url, json={"body": body}, headers=headers, timeout=10, trust_env=False).raise_for_status()
    time.sleep(_WORK_SECONDS)


def pop() -> None:
    """Take, work, take the next: what was taken is nowhere else."""
    while True:
        try:
            with redis.Redis.from_url(os.environ["PEER_BROKER"], socket_timeout=5) as broker:
                while True:
                    taken: Any = broker.rpop(LIST)
                    if taken is None:
                        time.sleep(0.05)
                    else:
                        answer(json.loads(taken))
        except (redis.RedisError, httpx.HTTPError) as error:
            sys.stderr.write(f"{error}\n")
            time.sleep(0.2)


if __name__ == "__main__":
    pop()
