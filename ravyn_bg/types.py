"""`BackgroundTaskType`, as in `ravyn.types`."""

from __future__ import annotations

from typing import TypeAlias

from ravyn_bg.background import BackgroundTask, BackgroundTasks

__all__ = ["BackgroundTaskType"]

BackgroundTaskType: TypeAlias = BackgroundTask | BackgroundTasks
