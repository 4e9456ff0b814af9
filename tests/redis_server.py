"""A Redis of a test's own, on a free loopback port; it keeps nothing on disk."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers import free_port


class RedisServer:
    def __init__(self) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("needs Redis: apt-get install redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        network = ["--bind", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            ["redis-server", *network, "--save", "", "--appendonly", "no"],
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
        raise RuntimeError(f"Redis did not start: {said}")

    def stop(self) -> None:
        with self.process:  # closes its pipe, and waits for it
            self.process.kill()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and does not answer."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)
