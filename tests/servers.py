"""A real server, started in a child process as a user starts it."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Thread

from tests.conftest import PATIENCE

SERVED = Path(__file__).parent / "served"  # applications to serve
OPTIONS = {"granian": "--interface asgi --port {}", "hypercorn": "--bind 127.0.0.1:{}"}


@contextmanager
def serve(
    target: str, *, server: str, options: str = "", cwd: Path = SERVED, **environment: str
) -> Iterator[Server]:
    """Serve `module:app`, found in `cwd`, with `python -m server`, on a free loopback port."""
    port = free_port()
    options = f"{OPTIONS.get(server, '--port {}')} {options}".format(port)
    with subprocess.Popen(
        [sys.executable, "-m", server, target, *options.split()],
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        running = Server(port, process)
        try:
            running.wait_until_it_accepts()
            yield running
        finally:
            running.stop()


class Server:
    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        self.port, self.url, self.process = port, f"http://127.0.0.1:{port}", process
        self._printed, self._more = "", Condition()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait until the server has printed this, and give all that it has printed."""
        with self._more:
            if not self._more.wait_for(lambda: self._printed.count(text) >= times, PATIENCE):
                raise TimeoutError(f"{text!r} did not come, but this: {self._printed}")
            return self._printed

    def stop(self) -> str:
        """Stop it as a process manager does, and give all that it printed."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._reader.join()
        return self._printed

    def wait_until_it_accepts(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not accepts(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server does not accept connections: {self._printed}")
            time.sleep(0.02)  # nothing but a connection tells

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._more:
                self._printed += line
                self._more.notify_all()


def accepts(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """One below those that clients are given, so that none of their connections takes it."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)  # the same in no two processes
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
