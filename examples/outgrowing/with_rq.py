"""Through RQ: the server enqueues jobs in Redis, workers run them.

rq worker
palfrey with_rq:app
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import work
from lilya.apps import Lilya
from redis import Redis
from rq import Queue, Retry
from rq.job import Job

from ravyn_bg import BackgroundTask, JSONResponse

P = ParamSpec("P")

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LONGEST_JOB = 6 * 60 * 60  # seconds; RQ ends a job after 3 minutes if not told otherwise

queue = Queue(connection=Redis.from_url(REDIS, socket_timeout=2), default_timeout=LONGEST_JOB)


def queued(func: Callable[P, Any]) -> Callable[P, Job]:
    """What enqueues `func`; typed like it, where `queue.enqueue` takes arguments of any kind."""

    @wraps(func)
    def enqueue(*args: P.args, **kwargs: P.kwargs) -> Job:
        return queue.enqueue_call(func, args, kwargs, retry=Retry(max=3))

    return enqueue


process_file = queued(work.process_file)

app = Lilya()


@app.post("/files/{name}")
def enqueue_in_handler(name: str) -> JSONResponse:
    """If Redis is away, the client gets an error, and can try again."""
    job = process_file(name)  # waits for the network: not in an async handler
    return JSONResponse({"job": job.id}, status_code=202)


@app.post("/files/{name}/later")
async def enqueue_after_response(name: str) -> JSONResponse:
    """If Redis is away, the client does not know; the job is lost, but logged."""
    task = BackgroundTask(process_file, name)
    return JSONResponse({"status": "accepted"}, status_code=202, background=task)


@app.get("/jobs/{job}")
def job_status(job: str) -> dict[str, str]:
    found = queue.fetch_job(job)
    return {"status": found.get_status().value if found else "unknown"}
