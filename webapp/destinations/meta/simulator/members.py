"""Members of an audience: adding, and removing people by any key they share.

Meta matches people and not rows. Which addresses are of one person it knows and nobody else does: the
simulator is told (`/_sim/people`), and otherwise takes every address for somebody else's.
"""

from collections.abc import Mapping

from .state import Audience, Row, SchemaName

# A person is found again by any of these, whatever else stands in the row. Names and places alone
# identify nobody.
IDENTITY_KEYS = ("EMAIL", "PHONE", "MADID", "EXTERN_ID", "APPUID", "PAGEUID", "UID")


def add(members: dict[SchemaName, set[Row]], schema: SchemaName, rows: set[Row]) -> None:
    """The same row twice is one person: adding is idempotent. Source: Meta sheet §4.3."""
    members.setdefault(schema, set()).update(rows)


def remove(
    audience: Audience, schema: SchemaName, rows: set[Row], owners: Mapping[str, str] | None = None
) -> None:
    """Take out the rows, and rows of other schemas or with other details that are the same people.

    *owners* (`World.owners`): one address of a person takes out whoever is there by another one of hers.
    A row found exactly as sent is done with in its own schema: looking for namesakes of a million
    rows that are there would take a minute and find nobody.
    """
    audience.removed.setdefault(schema, set()).update(rows)
    held = audience.members.get(schema, set())
    missing = rows - held
    held -= rows
    for other, members in audience.members.items():
        sought = missing if other == schema else rows
        if sought and not (other == schema and "," not in schema):
            members -= _sharing_identity(other, members, _identities(schema, sought))
    if owners:
        known = {value for values in _identities(schema, rows).values() for value in values}
        persons = {owners[value] for value in known if value in owners}
        theirs = {value for value, person in owners.items() if person in persons}
        for other, members in audience.members.items():
            members -= _sharing_identity(other, members, dict.fromkeys(IDENTITY_KEYS, theirs))


def count(audience: Audience, owners: Mapping[str, str]) -> int:
    """The people of the audience, before any rounding Meta would do: whoever has several addresses is one."""
    if not owners:
        return audience.size()
    people = {
        _person(schema.split(","), row, owners) for schema, rows in audience.members.items() for row in rows
    }
    return audience.starting_size + len(people)


def _person(columns: list[str], row: Row, owners: Mapping[str, str]) -> tuple[str, ...]:
    cells = dict(zip(columns, row.split("\t"), strict=True))
    known = sorted(owners[cells[key]] for key in IDENTITY_KEYS if cells.get(key) in owners)
    return ("person", known[0]) if known else (*columns, row)


def _identities(schema: SchemaName, rows: set[Row]) -> dict[str, set[str]]:
    """Key → the values by which *rows* name people."""
    columns = schema.split(",")
    places = {key: columns.index(key) for key in IDENTITY_KEYS if key in columns}
    if len(columns) == 1:
        return dict.fromkeys(places, rows)
    wanted: dict[str, set[str]] = {key: set() for key in places}
    for row in rows:
        cells = row.split("\t")
        for key, place in places.items():
            if cells[place]:
                wanted[key].add(cells[place])
    return wanted


def _sharing_identity(schema: SchemaName, held: set[Row], wanted: dict[str, set[str]]) -> set[Row]:
    columns = schema.split(",")
    places = [(columns.index(key), values) for key, values in wanted.items() if key in columns and values]
    if not places:
        return set()
    found = set()
    for row in held:
        cells = row.split("\t")
        if any(cells[place] in values for place, values in places):
            found.add(row)
    return found
