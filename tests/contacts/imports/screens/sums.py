"""The sums of the import wizard, read back from its pages as numbers, as they are shown to a person."""

from lxml import html


def terms(tree: html.HtmlElement, bill: str) -> dict[str, int]:
    """Term → what the page shows for it. *bill*: righe or dati."""
    lines = tree.xpath(f"//ul[@data-bill='{bill}']/li")
    return {line.get("data-term"): shown(line.xpath("span[contains(@class, 'num')]")[0]) for line in lines}


def result_numbers(tree: html.HtmlElement) -> dict[str, int]:
    """The same of the row of numbers of a result."""
    found = tree.xpath("//dl[contains(@class, 'stats')]/div[@data-term]")
    return {one.get("data-term"): shown(one.find("dd")) for one in found}


def folds(tree: html.HtmlElement) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """Of the quality of the data: email or mobile → (title, [(reason, rows)])."""
    found = {}
    for fold in tree.xpath("//details[@data-fold]"):
        reasons = [
            (line.find("span").text_content().strip(), shown(line.xpath("span[@class='num']")[0]))
            for line in fold.xpath("ul/li")
        ]
        found[fold.get("data-fold")] = (fold.find("summary").text.strip(), reasons)
    return found


def shown(element: html.HtmlElement) -> int:
    """“1.234” → 1234; what stands in small letters under a number is no part of it."""
    return int((element.text or "").strip().replace(".", ""))
