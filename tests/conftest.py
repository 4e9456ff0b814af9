from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from lilya.testclient import TestClient

Backend = Literal["asyncio", "trio"]
MakeClient = Callable[..., TestClient]

PATIENCE = 30.0  # seconds, for what takes milliseconds unless it is broken


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture
def make_client(anyio_backend: Backend) -> MakeClient:
    """Lilya's own test client, on both AnyIO backends."""

    def make(app: Any, **options: Any) -> TestClient:
        return TestClient(app, backend=anyio_backend, **options)

    return make
