"""The application of `checks/test_handlers_on_servers`."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background

app = Lilya()


async def process(event: str) -> None:
    print(f"{event} processed")


@app.get("/plain/{source}")
async def plain(source: str) -> dict[str, str]:
    return {"source": source}


@app.get("/sync/{source}")
@with_background(BackgroundTask(print, "fixed on sync"))
def sync(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(process, source)
    return {"source": source}
