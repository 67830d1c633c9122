"""What a worker is at, in Italian. PURE."""

from webapp.values.texts import number, numbered

SENDS_FOR_OTHERS = "Un blocco di un cliente che non segui"
PREPARES_FOR_OTHERS = "La preparazione di un cliente che non segui"


def sends(seq: int, upload: int, audience: str) -> str:
    """*upload*: the number of the one that a batch is sent of."""
    return f"Blocco {number(seq)} di “{audience}” ({numbered(upload)})"


def prepares(upload: int, audience: str) -> str:
    return f"Preparazione di “{audience}” ({numbered(upload)})"
