"""Meta's key → the field of a contact it is made from, for one, two and ten keys. PURE."""

ONE_KEY = {"EMAIL": "email"}
TWO_KEYS = {**ONE_KEY, "PHONE": "mobile"}
TEN_KEYS = {
    **TWO_KEYS, "FN": "first_name", "LN": "last_name", "CT": "city", "ST": "province", "ZIP": "postcode",
    "DOBY": "birth_date", "DOBM": "birth_date", "DOBD": "birth_date",
}  # fmt: skip
KEYS = {1: ONE_KEY, 2: TWO_KEYS, 10: TEN_KEYS}
