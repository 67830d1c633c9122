"""`make schermate`: every main screen of the demo, at 1280 and 390 px, light and dark, into a folder.

python -m tests.screenshots schermate
"""

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import test_story as story
from tests.test_demo import DATA, address, demo

LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def main(folder: Path) -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium manca: installalo con apt-get install chromium.", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="platea-") as temporary, sync_playwright() as playwright:
        file = Path(temporary) / "clienti-negozio.csv"
        file.write_bytes(gzip.decompress((DATA / "clienti-negozio.csv.gz").read_bytes()))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with demo(Path(temporary) / "dati") as (_, line):
            pages = live_the_story(browser, address(line), file)
            for width, scheme in LOOKS:
                photograph(browser, address(line), pages, folder, width, scheme)
        browser.close()
    print(f"{len(pages) * len(LOOKS)} schermate in {folder}/")
    return 0


def live_the_story(browser: Browser, url: str, file: Path) -> dict[str, str]:
    """Do what there is to do once, and say where its pages are: name → path."""
    window = browser.new_context(base_url=url, locale="it-IT").new_page()
    story.enter(window)
    story.connect_the_account(window)
    story.import_the_file(window, file)
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
    window.screenshot(path=folder / f"accesso-{width}-{scheme}.png", full_page=True)
    story.enter(window)
    for name, path in pages.items():
        if name != "accesso":
            window.goto(path, wait_until="networkidle")
            window.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    context.close()


def _path(window: Page) -> str:
    return "/" + window.url.split("/", 3)[3].partition("#")[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
