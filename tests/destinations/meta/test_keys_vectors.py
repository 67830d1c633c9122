"""Every normalisation known from Meta and its peers: 2,900 values with the source of each.

Run with `-s` to read the table: per key and source, how often we agree, what we leave out on purpose, and
beside it what Meta's own Python SDK makes of the same values.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

import capi_param_builder
import pytest
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.serverside.normalize import Normalize

from webapp.destinations.meta.keys import KEYS, normalise, sha256
from webapp.destinations.meta.keys.reasons import explain

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
ABOUT_OUR_KEYS = [vector for vector in VECTORS if vector["key"] in KEYS]

SOURCES = {
    "developers.facebook.com": "documentazione",
    "facebook/capi-param-builder": "param-builder",
    "facebookarchive/offline-conversion-file-uploader": "uploader",
    "facebook/facebook-": "SDK di Meta",
    "segmentio/": "Segment",
    "rudderlabs/": "RudderStack",
    "grouparoo/": "Grouparoo",
}
METAS_OWN = {"documentazione", "param-builder", "uploader"}


def source_of(vector) -> str:
    return next(name for start, name in SOURCES.items() if vector["source"].startswith(start))


def by_metas_own() -> dict[tuple[str, str], set[str]]:
    answers = defaultdict(set)
    for vector in ABOUT_OUR_KEYS:
        if source_of(vector) in METAS_OWN:
            answers[vector["key"], vector["raw"]].add(vector["normalised"] or "")
    return answers


def documentation_wins(vector, ours) -> bool:
    """Where Meta's tools contradict Meta's page. Every case has to be named here."""
    if vector["key"] == "ZIP":  # "no spaces": SW1A 1AA → sw1a1aa, both tools keep the space
        return ours == vector["normalised"].replace(" ", "")
    return False


@pytest.mark.parametrize("key", KEYS)
def test_no_value_differs_from_what_meta_makes_of_it(key):
    answers = by_metas_own()
    wrong = []
    for vector in ABOUT_OUR_KEYS:
        if vector["key"] != key or source_of(vector) not in METAS_OWN:
            continue
        ours = normalise(key, vector["raw"]).value
        if ours and ours not in answers[key, vector["raw"]] and not documentation_wins(vector, ours):
            wrong.append((vector["raw"], ours, vector["normalised"]))

    assert wrong == []


def test_published_hashes_come_out_of_the_same_values():
    published = [v for v in ABOUT_OUR_KEYS if v.get("published_sha256")]
    different = []
    for vector in published:
        value = normalise(vector["key"], vector["raw"]).value
        if value and value == vector["normalised"] and sha256(vector["key"], value) != vector["sha256"]:
            different.append(vector["raw"])

    assert len(published) == 279
    assert different == []


# How many values of Meta's own sources we leave out although a source has a form for them. A higher number
# means that a rule became stricter, a lower one that it now guesses: either is a decision.
LEFT_OUT = {
    "EMAIL": 1,  # the hash of nothing
    "PHONE": 80,  # invented numbers, national ones without a country, letters
    "FN": 3,  # Mary–Jane: the page drops the dash, the tools keep it
    "GEN": 1,
    "CT": 16,  # digits
    "ST": 36,  # what param-builder cuts to two letters, and regions of an unknown country
    "ZIP": 26,  # no postcode of any country
    "COUNTRY": 37,  # what param-builder cuts to two letters, legal names of states
    "EXTERN_ID": 5,  # control characters, a timestamp
}


@pytest.mark.parametrize("key", KEYS)
def test_what_is_left_out_is_left_out_on_purpose(key):
    left_out = [
        vector["raw"]
        for vector in ABOUT_OUR_KEYS
        if vector["key"] == key
        and source_of(vector) in METAS_OWN
        and vector["normalised"]
        and normalise(key, vector["raw"]).value is None
    ]

    assert len(left_out) == LEFT_OUT.get(key, 0)
    assert all(explain(normalise(key, raw).reason) for raw in left_out)


def sdk_audience(key, raw) -> str | None:
    trimmed = raw.strip(" \t\r\n\0\x0b.").lower()
    return CustomAudience.normalize_key(key, trimmed) or ""


CONVERSIONS_NAMES = {
    "EMAIL": "em", "PHONE": "ph", "FN": "fn", "LN": "ln", "FI": "fi", "GEN": "ge", "DOBY": "doby",
    "DOBM": "dobm", "DOBD": "dobd", "CT": "ct", "ST": "st", "ZIP": "zp", "COUNTRY": "country",
    "MADID": "madid", "EXTERN_ID": "external_id",
}  # fmt: skip


def sdk_conversions(key, raw) -> str | None:
    try:
        return Normalize.normalize_field_skip_hashing(CONVERSIONS_NAMES[key], raw) or ""
    except (TypeError, ValueError):
        return ""


def ours(key, raw) -> str:
    return normalise(key, raw).value or ""


def tally(implementation, vectors) -> tuple[int, int, int]:
    """(agree, leaves out, differs) over *vectors*."""
    counts = Counter()
    for vector in vectors:
        value, expected = implementation(vector["key"], vector["raw"]), vector["normalised"] or ""
        counts["agree" if value == expected else "out" if not value else "differs"] += 1
    return counts["agree"], counts["out"], counts["differs"]


def test_ours_differs_less_often_than_metas_own_sdk():
    groups = defaultdict(list)
    for vector in ABOUT_OUR_KEYS:
        groups[vector["key"], source_of(vector)].append(vector)
    lines = [
        f"{'chiave':10}{'fonte':16}{'casi':>5}{'Platea':>17}{'add_users':>17}{'CAPI':>17}",
        f"{'':31}" + f"{'= / omessi / ≠':>17}" * 3,
    ]
    totals = Counter()
    for key, source in sorted(groups, key=lambda group: (KEYS.index(group[0]), group[1])):
        vectors = groups[key, source]
        row = []
        for name, implementation in [("ours", ours), ("audience", sdk_audience), ("capi", sdk_conversions)]:
            agree, out, differs = tally(implementation, vectors)
            totals[name] += differs
            row.append(f"{agree:5} {out:4} {differs:4}")
        lines.append(f"{key:10}{source:16}{len(vectors):5}   " + "   ".join(row))
    print("\n" + "\n".join(lines))

    assert totals["ours"] < totals["audience"] / 10
    assert totals["ours"] < totals["capi"] / 10


def test_the_python_edition_of_the_param_builder_normalises_nothing_to_compare_with():
    public = [name for name in dir(capi_param_builder.ParamBuilder) if not name.startswith("_")]

    assert not [name for name in public if "pii" in name or "normali" in name]
