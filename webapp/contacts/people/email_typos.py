"""The address somebody probably meant, for obvious slips in well-known domains: asked, never applied. PURE.

anna@gmial.com → anna@gmail.com, anna@hotmial.it → anna@hotmail.it, anna@libero.ti → anna@libero.it
"""

# Providers of Italian mailboxes, and the endings each really has, most used first.
PROVIDERS = {
    "gmail": ("com",),
    "hotmail": ("it", "com", "fr", "es", "de", "co.uk"),
    "libero": ("it",),
    "yahoo": ("it", "com", "fr", "es", "de", "co.uk"),
    "outlook": ("it", "com", "fr", "es", "de"),
    "virgilio": ("it",),
    "tiscali": ("it",),
    "icloud": ("com",),
    "alice": ("it",),
    "live": ("it", "com", "fr", "co.uk"),
    "tin": ("it",),
    "inwind": ("it",),
    "fastwebnet": ("it",),
    "poste": ("it",),
    "protonmail": ("com",),
}
# One letter away from the ones above, and real: mailboxes of other providers.
_REAL = {
    "ymail",
    "mail",
    "email",
    "gmx",
    "aliceposta",
    "lice",
    "love",
    "life",
    "olive",
    "hive",
    "posta",
    "post",
}
_ENDINGS = {
    "it": {"ti", "i", "itt", "iit", "ut", "ot", "ir", "iy", "t", "lt"},
    "com": {"con", "cpm", "cm", "co", "ocm", "cmo", "comm", "coom", "vom", "xom", "om", "cim", "c0m", "come"},
}
_SHORTEST = 5  # letters of a name in which a slip can be told from another name


def suggestion(email: str) -> str | None:
    """The whole corrected address; None when there is nothing to ask."""
    local, at, domain = email.strip().lower().rpartition("@")
    if not (local and at and domain.isascii()):
        return None
    meant = _meant(domain)
    return f"{local}@{meant}" if meant and meant != domain else None


def _meant(domain: str) -> str | None:
    name, dot, ending = domain.partition(".")
    if not dot:
        return _provider_without_dot(domain)
    provider = _provider(name)
    if provider is None:
        return None
    endings = PROVIDERS[provider]
    if ending in endings:
        return f"{provider}.{ending}"
    if len(endings) == 1 and ending in {"it", "com"}:  # gmail.it, libero.com
        return f"{provider}.{endings[0]}"
    fitting = [right for right, slips in _ENDINGS.items() if ending in slips and right in endings]
    return f"{provider}.{fitting[0]}" if fitting else None


def _provider_without_dot(domain: str) -> str | None:
    """gmailcom, hotmailit."""
    return next(
        (
            f"{name}.{ending}"
            for name, endings in PROVIDERS.items()
            for ending in endings[:2]
            if domain == name + ending
        ),
        None,
    )


def _provider(name: str) -> str | None:
    if name in PROVIDERS:
        return name
    if name in _REAL:
        return None
    near = [known for known in PROVIDERS if len(known) >= _SHORTEST and _is_one_slip_from(name, known)]
    return near[0] if len(near) == 1 else None


def _is_one_slip_from(name: str, known: str) -> bool:
    """One letter too many, too few, wrong, or two neighbours swapped."""
    if abs(len(name) - len(known)) > 1:
        return False
    start = next((n for n, (one, other) in enumerate(zip(name, known, strict=False)) if one != other), None)
    if start is None:
        return len(name) != len(known)
    rest, known_rest = name[start:], known[start:]
    return (
        rest[1:] == known_rest  # one too many
        or rest == known_rest[1:]  # one too few
        or rest[1:] == known_rest[1:]  # another one
        or (rest[:2] == known_rest[1::-1] and rest[2:] == known_rest[2:])  # swapped
    )
