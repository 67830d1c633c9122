"""Firefox as the system has it, driven by its own remote protocol (Marionette), as geckodriver does.

Debian has Firefox and no geckodriver, and Playwright drives only a build of its own. What is sent is JSON
with its length before it, commands are those of WebDriver:
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import wait_until

COMMANDS = ("firefox-esr", "firefox")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference to an element, says WebDriver
WAIT_S = 60  # for a page or an element on a busy machine; what is there is found at once
START_S = 120  # a first start, with an empty profile; and the longest that a command is waited for
PREFERENCES = {
    "marionette.port": 0,  # any that is free; it is written into the profile
    "intl.accept_languages": "it-IT",
    # It asks nobody anything: no updates, no lists, no page of welcome.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "data:,",
}


# WebDriver's names for what a page in motion answers.
PASSING = ("stale element reference", "element click intercepted", "element not interactable")


class FirefoxError(Exception):
    """What Firefox answers when it cannot do something: WebDriver's name for it, and its words."""


class Firefox:
    """One window of a Firefox of its own. `find` waits for what it looks for."""

    def __init__(self, command: str, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(to)});\n" for name, to in PREFERENCES.items()]
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        size = {"MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900"}
        self._process = subprocess.Popen(
            [command, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
            env={**os.environ, "HOME": str(profile), **size},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._last = 0
        try:
            port = profile / "MarionetteActivePort"
            wait_until(lambda: port.exists() and port.read_text(), START_S)
            self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())), START_S)
            self._stream = self._socket.makefile("rb")
            self._read()  # it says who it is
            self.command("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
            self.command("WebDriver:SetTimeouts", implicit=WAIT_S * 1000, pageLoad=WAIT_S * 1000)
        except BaseException:
            self._end()
            raise

    def go(self, url: str) -> None:
        self.command("WebDriver:Navigate", url=url)

    @property
    def url(self) -> str:
        return str(self.command("WebDriver:GetCurrentURL")["value"])

    def find(self, xpath: str) -> str:
        return str(self.command("WebDriver:FindElement", using="xpath", value=xpath)["value"][ELEMENT])

    def click(self, xpath: str) -> None:
        self._do("WebDriver:ElementClick", xpath)

    def press(self, words: str) -> None:
        """Click the first button of the page's content that is called so, and that is to be seen."""
        self.click(f"(//main//button[contains(., {words!r}) and not(@class = 'vh')])[1]")

    def field(self, label: str) -> str:
        """Where to type what *label* asks for, as an XPath."""
        return f"//*[@id = //label[normalize-space(.) = {label!r}]/@for]"

    def write(self, xpath: str, text: str) -> None:
        """Type into an empty field; into one for files, the path of one."""
        self._do("WebDriver:ElementSendKeys", xpath, text=text)

    def text(self, xpath: str) -> str:
        return str(self._do("WebDriver:GetElementText", xpath)["value"])

    def _do(self, name: str, xpath: str, **parameters: object) -> Any:
        """A command to what is found: anew, when an answer has put another in its place meanwhile, and while
        something that goes by itself lies over it.
        """
        ends = time.monotonic() + WAIT_S
        while True:
            try:
                return self.command(name, id=self.find(xpath), **parameters)
            except FirefoxError as error:
                if not any(one in str(error) for one in PASSING) or time.monotonic() > ends:
                    raise
            time.sleep(0.05)

    def evaluate(self, script: str) -> Any:
        """The value that *script* returns, run in the page apart from its policy."""
        return self.command("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def wait_for_url(self, end: str) -> None:
        wait_until(lambda: self.url.partition("#")[0].partition("?")[0].endswith(end), WAIT_S)

    def command(self, name: str, **parameters: object) -> Any:
        """The result of a command. Raises FirefoxError."""
        self._last += 1
        line = json.dumps([0, self._last, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(line), line))
        _, answered, error, result = self._read()
        assert answered == self._last
        if error:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            more = self._stream.read(1)
            if not more:
                raise FirefoxError("Firefox has gone")
            length += more
        return json.loads(self._stream.read(int(length[:-1])))

    def close(self) -> None:
        try:
            self.command("Marionette:Quit", flags=["eForceQuit"])
            self._process.wait(20)
        finally:
            self._end()

    def _end(self) -> None:
        if hasattr(self, "_stream"):
            self._stream.close()
            self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox with an empty profile."""
    command = next(filter(None, map(shutil.which, COMMANDS)), None)
    if command is None and os.environ.get("PLATEA_BROWSER") == "obbligatorio":
        pytest.fail("Firefox manca, e qui i test del browser sono obbligatori")
    if command is None:
        pytest.skip("Firefox manca: il suo test resta fuori (apt-get install firefox-esr)")
    profile = tmp_path / "firefox"
    profile.mkdir()
    browser = Firefox(command, profile)
    yield browser
    browser.close()
