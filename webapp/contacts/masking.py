"""How contact details are shown to who may not see them: enough to recognise a case, not a person. PURE."""


def mask_email(text: str | None) -> str:
    """anna@posta.it → a•••@posta.it"""
    if not text:
        return ""
    local, at, domain = text.rpartition("@")
    return f"{local[:1]}•••@{domain}" if at and local else f"{text[:1]}•••"


def mask_mobile(text: str | None) -> str:
    """+39 333 1234567 → •••••••67"""
    return f"•••••••{text[-2:]}" if text and len(text) > 4 else "•••" if text else ""


def initial(text: str | None) -> str:
    """Rossi → R."""
    return f"{text[0]}." if text else ""
