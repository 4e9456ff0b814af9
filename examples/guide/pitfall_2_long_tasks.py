"""Pitfall 2, long-running tasks: they take the server's threads and end with its process."""

# `ravyn_bg` runs a sync task in a worker thread, so that the server goes on answering. It cannot
# retry or outlive: a long task keeps that thread from sync handlers, and dies with the server.

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse

app = Lilya()
# In memory for a trial. Work that must outlive the server needs a broker such as Redis.
queue = Celery("books", broker=os.environ.get("CELERY_BROKER_URL", "memory://localhost"))
BOOKS = Path("books")


def count_words(book: str) -> None:
    words = len((BOOKS / book).read_text().split())
    print(f"{book} has {words} words")


count_words_in_queue = queue.task(count_words)


@app.post("/pitfall/{book}")
def count_here(book: str) -> JSONResponse:
    task = BackgroundTask(count_words, book)
    return JSONResponse({"status": "counting"}, status_code=202, background=task)


@app.post("/cure/{book}")
def count_elsewhere(book: str) -> JSONResponse:
    count_words_in_queue.delay(book)
    return JSONResponse({"status": "queued"}, status_code=202)
