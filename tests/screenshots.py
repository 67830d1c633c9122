"""`make schermate`: every screen in every state, at 1280 and 390 px, light and dark, into a folder.

python -m tests.screenshots schermate [how the names of some scenes begin…]

First the demo, lived through as a person would (`percorso-…`); then `scenes`, the states one does not come
to by oneself; then one page of every kind that links lead to and no scene has shown.
"""

import gzip
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import structlog
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import test_story as story
from tests.conftest import CHROMIUM, EXPECT_MS, served_at
from tests.host.test_demo import DATA, address, demo
from tests.support import scenes
from tests.support.scenes import Scene, Stage
from tests.web.test_every_page import crawl, kind_of

LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def main(folder: Path, *only: str) -> int:
    """*only*: the scenes whose names begin so, "percorso" for the story; the other pictures stay."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        print("Chromium manca: installalo con apt-get install chromium.", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    if not only:
        for old in folder.glob("*.png"):
            old.unlink()  # a screen that is no more must not be looked at
    logging.disable(logging.CRITICAL)  # pages that break on purpose, and a line for every request
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    expect.set_options(timeout=EXPECT_MS)
    with tempfile.TemporaryDirectory(prefix="platea-") as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        made = 0
        if not only or "percorso" in only:
            made = photograph_the_story(browser, Path(temporary), folder)
        with scenes.stage(Path(temporary)) as stage, served_at(stage.app) as url:
            if only:
                shown = [scene for scene in stage.scenes if scene.name.startswith(only)]
            else:
                shown = [*stage.scenes, *other_kinds(stage)]
            for width, scheme in LOOKS:
                photograph_scenes(browser, url, stage, shown, folder, width, scheme)
        browser.close()
    made += len(shown) * len(LOOKS)
    assert only or len(list(folder.glob("*.png"))) == made, "two screens of one name"
    print(f"{made} schermate in {folder}/")
    return 0


def photograph_the_story(browser: Browser, temporary: Path, folder: Path) -> int:
    """The demo, lived through; how many pictures."""
    file = temporary / "clienti-negozio.csv"
    file.write_bytes(gzip.decompress((DATA / "clienti-negozio.csv.gz").read_bytes()))
    with demo(temporary / "dati") as (_, line):
        pages = live_the_story(browser, address(line), file)
        for width, scheme in LOOKS:
            photograph(browser, address(line), pages, folder, width, scheme)
    return len(pages) * len(LOOKS)


def other_kinds(stage: Stage) -> list[Scene]:
    """A page of every kind that the administrator's links lead to and no scene shows."""
    known = {kind_of(stage.app, one.path) for one in stage.scenes if not one.name.startswith("errore-")}
    found: dict[str, Scene] = {}
    for path, answer in crawl(stage.browser(scenes.GIULIA)):
        kind = kind_of(stage.app, path)
        if answer.mimetype == "text/html" and not answer.location and kind not in known:
            found.setdefault(kind, Scene(kind.replace(".", "-"), path))
    return list(found.values())


def photograph_scenes(
    browser: Browser, url: str, stage: Stage, shown: list[Scene], folder: Path, width: int, scheme: str
) -> None:
    looks = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    windows = {
        scenes.NOBODY: browser.new_context(base_url=url, locale="it-IT", reduced_motion="reduce", **looks)
    }
    for who in stage.people:
        cookie = stage.browser(who).get_cookie("platea")
        context = browser.new_context(base_url=url, locale="it-IT", **looks)
        context.add_cookies([{"name": "platea", "value": cookie.value, "url": url}])
        windows[who] = context
    for scene in shown:
        window = windows[scene.who].new_page()
        window.goto(scene.path)
        undo = None
        if scene.act:
            undo = scene.act(window)
        else:
            window.wait_for_timeout(300)  # fragments that come after the page
        window.screenshot(path=folder / f"{scene.name}-{width}-{scheme}.png", full_page=scene.act is None)
        if undo:
            undo()
        window.close()
    for context in windows.values():
        context.close()


def live_the_story(browser: Browser, url: str, file: Path) -> dict[str, str]:
    """Do what there is to do once, and say where its pages are: name → path."""
    window = browser.new_context(base_url=url, locale="it-IT").new_page()
    story.enter(window)
    story.connect_the_account(window, story.Clicks())
    story.import_the_file(window, file, story.Clicks())
    pages = {"importa-esito": _path(window)}
    story.save_a_filter(window)
    story.upload_everything(window)
    pages["caricamento"] = _path(window)
    story.open_database(window, "Filtri")
    pages["filtri"] = _path(window)
    window.get_by_role("link", name="Clienti di Milano").first.click()
    pages["filtro"] = _path(window)
    story.open_database(window, "Contatti")
    here = _path(window).removesuffix("/contatti")
    window.goto("/configura/integrazioni/facebook")
    window.get_by_role("link", name="Info su Aurora Italia").click()
    pages |= {
        "accesso": "/accesso",
        "panoramica": "/",
        "integrazioni": "/configura/integrazioni",
        "facebook": "/configura/integrazioni/facebook",
        "facebook-nuovo": "/configura/integrazioni/facebook/nuovo",
        "facebook-info": _path(window),
        "database": "/database",
        "contatti": f"{here}/contatti",
        "importazioni": f"{here}/importazioni",
        "importa": f"{here}/importazioni/nuova",
        "custom-audience": f"{here}/custom-audience",
        "carica": f"{here}/custom-audience/carica",
        "caricamenti": "/caricamenti",
        "stile": "/stile",
    }
    window.context.close()
    return pages


def photograph(
    browser: Browser, url: str, pages: dict[str, str], folder: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        base_url=url, locale="it-IT", color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    window = context.new_page()
    window.goto("/accesso")
    window.screenshot(path=folder / f"percorso-accesso-{width}-{scheme}.png", full_page=True)
    story.enter(window)
    for name, path in pages.items():
        if name != "accesso":
            window.goto(path, wait_until="networkidle")
            window.screenshot(path=folder / f"percorso-{name}-{width}-{scheme}.png", full_page=True)
    context.close()


def _path(window: Page) -> str:
    return "/" + window.url.split("/", 3)[3].partition("#")[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
