"""The documents say what is there: links, cited headings and the files of each recipe."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
SHEET = (ROOT / "docs" / "meta-graph-api.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)#\s]+)")
HEADING = re.compile(r"^#{2,3} ([0-9]+(?:\.[0-9]+)?)\b", re.MULTILINE)
# "Meta sheet §4.3, §4.6", "Meta sheet §1.2–1.4", "the Meta sheet's §6"
CITED = re.compile(r"Meta sheet(?:'s)?\s+((?:(?:§|and |, |–|-)*[0-9]+(?:\.[0-9]+)*\s*)+)")
FILE = re.compile(r"`((?:webapp|templates|tests|static|docs)/[\w./-]+|CHANGELOG\.md|worker\.py)`")


def python_files() -> list[Path]:
    return [
        path for top in ("webapp", "tests") for path in (ROOT / top).rglob("*.py") if path != Path(__file__)
    ]


def cited_headings() -> set[str]:
    found: set[str] = set()
    for path in python_files():
        text = " ".join(line.strip(" #") for line in path.read_text(encoding="utf-8").splitlines())
        for citation in CITED.findall(text):
            found |= set(re.findall(r"[0-9]+(?:\.[0-9]+)?", citation))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_heading_of_the_meta_sheet_that_the_code_cites_is_there():
    headings = set(HEADING.findall(SHEET))
    surprises = {f"10.{n}" for n in re.findall(r"^([0-9]+)\. ", SHEET[SHEET.index("## 10 ") :], re.MULTILINE)}
    cited = cited_headings()

    assert len(cited) > 20
    assert cited - headings - surprises == set()


def test_the_first_page_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_every_recipe_names_files_that_exist():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipes = guide[guide.index("## Recipes") :].split("\n### ")[1:]

    assert len(recipes) == 4
    for recipe in recipes:
        files = FILE.findall(recipe)
        assert len(files) >= 4, recipe
        assert [name for name in files if not (ROOT / name).exists()] == []
