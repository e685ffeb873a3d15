"""The worker's composition root: `celery -A service.worker worker -Q control,cpu`.

Lists every job, and hangs a bell for each queue of stages that the worker serves.
"""

import sys

from service import queue
from service.jobs import (
    advance,
    answer,
    answer_input,
    artifact_folders,
    bell,
    carry_out,
    check,
    client,
    clones,
    collected,
    gather,
    handle_delivery,
    heart,
    leaf_results,
    leash,
    life,
    look_around,
    looks,
    pace,
    pauses,
    people,
    planning,
    press,
    prune,
    recipes,
    reconcile,
    report,
    report_extras,
    report_input,
    review,
    roll_back,
    run_stage,
    schedule_release,
    send_outbox,
    senders,
    setbacks,
    stage_process,
    standing,
    start_release,
    start_trial,
    strays,
    sweep,
    tools,
    trial_results,
    undisturbed,
)

app = queue.app

JOBS = (
    advance,
    answer,
    answer_input,
    artifact_folders,
    bell,
    carry_out,
    check,
    client,
    clones,
    collected,
    gather,
    handle_delivery,
    heart,
    leaf_results,
    leash,
    life,
    look_around,
    looks,
    pace,
    pauses,
    people,
    planning,
    press,
    prune,
    recipes,
    reconcile,
    report,
    report_extras,
    report_input,
    review,
    roll_back,
    run_stage,
    schedule_release,
    send_outbox,
    senders,
    setbacks,
    stage_process,
    standing,
    start_release,
    start_trial,
    strays,
    sweep,
    tools,
    trial_results,
    undisturbed,
)
"""All modules of `service.jobs`; a test compares with the folder."""


life.attach({"cpu": run_stage.work_off, "gpu": run_stage.work_off, "control": look_around.work_off})

if __name__ == "__main__":  # `python -m service.worker`: of the queue `control`
    sys.exit(life.run(app, name="control", queues="control", pool="threads", threads=2))
