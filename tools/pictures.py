"""Pictures of pages of the built site, wide and narrow, light and dark, to be looked at.

python -m zensical build --strict && python tools/pictures.py FOLDER

Needs `chromium`, of Debian's package of that name.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PAGES = ("index", "failures", "migrating", "deploy")
DARK = "--blink-settings=preferredColorScheme=0"
VIEWS = {"wide": ["1400,2000"], "narrow": ["500,2000"], "dark": ["1400,2000", DARK]}
OPTIONS = ("--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=5000")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


def main(folder: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory="site"))
    Thread(target=server.serve_forever, daemon=True).start()
    folder.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        url = f"http://127.0.0.1:{server.server_port}/{'' if page == 'index' else f'{page}/'}"
        for name, (size, *look) in VIEWS.items():
            picture = folder / f"{page}-{name}.png"
            where = (f"--window-size={size}", f"--screenshot={picture}", url)
            subprocess.run(["chromium", *OPTIONS, *look, *where], check=True, capture_output=True)
            print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
