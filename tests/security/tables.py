"""What the tests of this folder found, printed when they have run: title → lines."""

PRINTED: dict[str, list[str]] = {}
