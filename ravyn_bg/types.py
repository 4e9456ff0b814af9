"""`BackgroundTaskType`, as in `ravyn.types`."""

from ravyn_bg.background import BackgroundTask, BackgroundTasks

__all__ = ["BackgroundTaskType"]

BackgroundTaskType = BackgroundTask | BackgroundTasks
