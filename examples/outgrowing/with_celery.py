"""Through Celery: the server enqueues jobs in Redis, workers run them.

celery -A with_celery:queue worker
palfrey with_celery:app
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import work
from celery import Celery, Task
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse

P = ParamSpec("P")
R = TypeVar("R")

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LONGEST_JOB = 6 * 60 * 60  # seconds

queue = Celery("outgrowing", broker=REDIS, backend=REDIS)
queue.conf.update(
    # A job leaves the queue when it has run, not when it starts: a dying worker loses none.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=True,
    # A busy worker leaves the next job to an idle one.
    worker_prefetch_multiplier=1,
    # Left alone, `delay` waits 20 seconds for a Redis that is away, and for ever for one that
    # hangs; a job of more than an hour is taken for lost, and given to a second worker.
    task_publish_retry_policy={"max_retries": 1},
    result_backend_transport_options={"retry_policy": {"max_retries": 1}},
    redis_socket_timeout=2,
    redis_socket_connect_timeout=2,
    broker_transport_options={"socket_timeout": 2, "visibility_timeout": LONGEST_JOB},
)


def queued(func: Callable[P, R]) -> Task[P, R]:
    """The job that runs `func`, typed like it, where `queue.task` takes arguments of any kind."""
    return queue.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=3)(func)


process_file = queued(work.process_file)

app = Lilya()


@app.post("/files/{name}")
def enqueue_in_handler(name: str) -> JSONResponse:
    """If Redis is away, the client waits for the retries and gets an error, and can try again."""
    job = process_file.delay(name)  # waits for the network: not in an async handler
    return JSONResponse({"job": job.id}, status_code=202)


@app.post("/files/{name}/later")
async def enqueue_after_response(name: str) -> JSONResponse:
    """If Redis is away, the client does not wait and does not know; the job is lost, but logged."""
    task = BackgroundTask(process_file.delay, name)
    return JSONResponse({"status": "accepted"}, status_code=202, background=task)


@app.get("/jobs/{job}")
def job_status(job: str) -> dict[str, str]:
    return {"status": queue.AsyncResult(job).state}
