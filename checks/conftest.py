"""The fixtures of `tests`, and its rule: a test that did not run is no test that passed."""

from __future__ import annotations

from tests.conftest import (
    anyio_backend,
    make_client,
    pytest_collection_finish,
    pytest_sessionfinish,
    told,
    trace,
)

__all__ = [
    "anyio_backend",
    "make_client",
    "pytest_collection_finish",
    "pytest_sessionfinish",
    "told",
    "trace",
]
