"""What the pages of a web server say while all around it breaks: one GET after the other, and the answers."""

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence

import requests

GOOD = {200, 304}
# Source: webapp/host/storage_trouble.py and error_pages.py, what a person reads in each case.
SAID = {
    503: re.compile("Platea non è disponibile|Il database si può soltanto leggere"),
    507: re.compile("Il disco del server è pieno|Il disco del server non accetta dati"),
}
PAUSE_S = 0.1
ANSWERS_WITHIN_S = 60


class PageWatch:
    """`start(paths)`, `stop()`; *statuses* counts the answers, *wrong* are those that may never be given."""

    def __init__(self, address: str, cookie: str) -> None:
        self._address, self._cookies = address, {"platea": cookie}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.slowest_s = 0.0

    def start(self, paths: Sequence[str]) -> None:
        self._thread = threading.Thread(target=self._run, args=(paths,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _run(self, paths: Sequence[str]) -> None:
        while not self._stopping.is_set():
            for path in paths:
                self._look(path)
                if self._stopping.wait(PAUSE_S):
                    return

    def _look(self, path: str) -> None:
        began = time.monotonic()
        answer = requests.get(
            self._address + path, cookies=self._cookies, timeout=ANSWERS_WITHIN_S, allow_redirects=False
        )
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        self.statuses[answer.status_code] += 1
        says_why = SAID.get(answer.status_code)
        if answer.status_code not in GOOD and not (says_why and says_why.search(answer.text)):
            self.wrong.append(f"{path}: {answer.status_code} {answer.text[:300]}")
