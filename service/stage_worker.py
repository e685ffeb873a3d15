"""The composition root of workers that carry out stages alone: `celery -A service.stage_worker worker -Q cpu,gpu`.

`service.worker` could do it too. This one loads neither GitHub's library nor the rules for leaves, since it is asked
for neither: a third of the memory is saved, and what is not loaded cannot be reached.
"""

import sys

from service import queue
from service.jobs import life, run_stage

app = queue.app

life.attach({"cpu": run_stage.work_off, "gpu": run_stage.work_off})

if __name__ == "__main__":  # `python -m service.stage_worker QUEUE`
    sys.exit(life.run(app, name=sys.argv[1], queues=sys.argv[1], pool="solo"))
