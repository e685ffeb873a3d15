"""A control worker that nobody rings for looks by itself, so that losing every message is only a delay.

It does what it finds at once instead of ringing for it: the broker may be what is away.
"""

import logging
import threading
from datetime import datetime, timedelta

from service.jobs import check, handle_delivery, report, send_outbox, sweep
from service.jobs.client import github
from service.jobs.tools import Tools, tools
from service.ledger import contributions, cursors, deliveries

log = logging.getLogger(__name__)

_SWEEPS_MISSED = 2
"""So many intervals without a sweep: the clock that asks for it, or the broker, is away."""


def work_off(queue: str, stopping: threading.Event) -> None:  # noqa: ARG001 - a bell says for which queue
    """Handle what lies there for longer than a message takes; then, when nobody else sweeps, sweep."""
    kit, client = tools(), github()
    with kit.read() as session:
        now = kit.now()
        lying = now - timedelta(seconds=kit.settings.look_seconds)
        waiting = deliveries.unprocessed(session, now=now, before=lying)
    for row_id in waiting:
        if stopping.is_set():
            return
        try:
            handle_delivery.handle(kit, client, row_id)
        except Exception:  # it is noted in its row; the others have their turn
            log.exception("delivery %d", row_id)
    check.work_off(kit, client)
    with kit.read() as session:
        due = contributions.reports_due(session)
    for contribution_id in due:
        if stopping.is_set():
            return
        report.make_report(kit, client, contribution_id)
    send_outbox.send_all(kit, client)
    if not stopping.is_set() and _nobody_sweeps(kit):
        sweep.sweep(kit, client)


def _nobody_sweeps(kit: Tools) -> bool:
    with kit.read() as session:
        swept = cursors.cursor(session, sweep.SWEPT)
    patience = timedelta(seconds=_SWEEPS_MISSED * kit.settings.sweep_seconds)
    since = None if swept is None else kit.now() - datetime.fromisoformat(swept)
    return since is None or since > patience or since < -patience
