"""How contact details are shown to who may not see them: enough to recognise a case, not a person. PURE."""


def mask(text: str) -> str:
    """An address or number that may be wrong: enough to see the mistake. m•••@gmail.com, 333•••••67"""
    if "@" in text:
        return mask_email(text)
    is_number = sum(character.isalpha() for character in text) <= 2  # 3,33E+09 is one too
    first, last = (3, len(text) - 2) if is_number else (1, len(text))
    hidden = (
        "•" if character.isalnum() and first <= place < last else character
        for place, character in enumerate(text)
    )
    return "".join(hidden)


def mask_email(text: str | None) -> str:
    """anna@posta.it → a•••@posta.it; a second @ is the mistake, and stays: anna@@posta.it → a•••@@posta.it"""
    if not text:
        return ""
    local, _, rest = text.partition("@")
    between, at, domain = rest.rpartition("@")
    hidden = "".join("•" if character.isalnum() else character for character in between)
    return f"{local[:1]}•••@{hidden}{at}{domain}" if "@" in text else f"{text[:1]}•••"


def mask_mobile(text: str | None) -> str:
    """+39 333 1234567 → •••••••67"""
    return f"•••••••{text[-2:]}" if text and len(text) > 4 else "•••" if text else ""


def initial(text: str | None) -> str:
    """Rossi → R."""
    return f"{text[0]}." if text else ""
