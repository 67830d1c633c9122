"""The browser of an open session, in words its owner recognises: "Firefox su Linux". PURE."""

# The first word found wins: Chrome calls itself Safari too, and Edge both.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def browser_name(user_agent: str) -> str:
    browser = _first(BROWSERS, user_agent) or "Browser sconosciuto"
    system = _first(SYSTEMS, user_agent)
    return f"{browser} su {system}" if system else browser


def _first(names: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in names if mark in text), None)
