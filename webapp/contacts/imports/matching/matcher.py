"""The columns of one file, given to fields one after the other. PURE.

who is out               by name: a refusal is never lost to another use of its column
own fields               of the database, by their names
known exports            by their table
e-mail and mobile        by name and content: the fuller, more valid column; never an empty one, nor one
                         full of yes and no
consent                  by name and content: the best column decides, of every other one only a no counts
other fields             by name, some only when they hold such values
e-mail and mobile again  by content alone, when no name said which
"""

from collections.abc import Iterator, Mapping, Sequence

from webapp.contacts.answers import is_turned
from webapp.contacts.fields import OWN
from webapp.contacts.imports.column_names import COUNTRY_NEEDS, PROVINCE_BY_CONTENT, SYNONYMS
from webapp.contacts.imports.matching import consent_columns, known_exports
from webapp.contacts.imports.matching.contents import MOSTLY, SURELY, Contents
from webapp.contacts.imports.matching.names import base_of, name_of

MEDIA = ("email", "mobile")
_FIELD_OF = {name: field for field, names in SYNONYMS.items() for name in names}
_UNKNOWN = 1_000  # rank of a name that is in no list
_ALWAYS_CONSENT = ("consenso", "consent", "opt in", "optin")


class Matcher:
    """*found*: column index → target. *feeding*, *reserves*, *all_refused* as of `columns.Proposal`."""

    def __init__(
        self, header: Sequence[str], samples: Sequence[Sequence[str]], country: str, file_name: str
    ) -> None:
        self.found: dict[int, str] = {}
        self.feeding: dict[str, list[int]] = {}
        self.reserves: dict[str, list[int]] = {}
        self.contents = [Contents([row[index] for row in samples], country) for index in range(len(header))]
        is_list = consent_columns.everybody_refused(file_name, header, samples)
        self.all_refused = "consent" if is_list else None
        self._header = header
        self._names = [name_of(name) for name in header]
        self._export = known_exports.known(header)

    def give(self, index: int, target: str) -> None:
        self.found[index] = target

    def match(self, own_keys: Mapping[str, str]) -> None:
        """*own_keys*: name of an own field of the database → its key."""
        self._who_is_out()
        for index, name in self._free():
            if name in own_keys and OWN + own_keys[name] not in self.found.values():
                self.give(index, OWN + own_keys[name])
        for index, name in self._free():
            target = self._export.targets.get(name) if self._export else None
            if target and (target not in self.found.values() or target == "skip" or is_turned(target)):
                self.give(index, target)
        self._channels()
        for medium in MEDIA:
            self._medium(medium)
        self._consents()
        self._others()
        for medium in MEDIA:
            if medium not in self.found.values():
                self._medium_by_content(medium)
            self._offer(medium)

    def _free(self) -> Iterator[tuple[int, str]]:
        return ((index, name) for index, name in enumerate(self._names) if index not in self.found)

    def _who_is_out(self) -> None:
        for index, _ in list(self._free()):
            target = consent_columns.target_of(self._header[index])
            holds = self.contents[index]
            if target and is_turned(target) and (holds.is_empty or holds.refusals >= MOSTLY):
                self.give(index, target)

    def _channels(self) -> None:
        """Columns named after a way of being reached that hold yes and no: Mail, SMS, Telefono."""
        for index, _ in list(self._free()):
            field = consent_columns.channel_of(self._header[index])
            holds = self.contents[index]
            is_answer = (
                not holds.is_empty and holds.answers >= SURELY and not holds.emails and not holds.mobiles
            )
            if field and is_answer:
                self._join(field, index)

    def _medium(self, medium: str) -> None:
        """Give e-mail or mobile to the columns whose names say so and that hold such values."""
        if medium in self.found.values():
            return
        listed = getattr(self._export, medium) if self._export else ()
        named = [
            (listed.index(name) if name in listed else len(listed) + self._rank(medium, name), index)
            for index, name in self._free()
            if name in listed or _FIELD_OF.get(name) == medium
        ]
        named = [(rank, index) for rank, index in sorted(named) if not self._is_no_medium(medium, index)]
        order = [index for rank, index in named if rank < len(listed)]
        if any(self.contents[index].valid(medium) for index in order):
            self._feed(medium, order)
            return
        best = max(named, key=lambda one: (self._count(medium, one[1]), -one[0]), default=None)
        if best is None:
            return
        index = best[1]
        if not self._count(medium, index) and self._better_by_content(medium):
            return
        self._feed(medium, [index, *self._siblings(medium, index)])

    def _feed(self, field: str, order: Sequence[int]) -> None:
        for index in order:
            self.give(index, field)
        if len(order) > 1:
            self.feeding[field] = list(order)

    def _is_no_medium(self, medium: str, index: int) -> bool:
        """An empty column, or one of yes and no. One that an export lists feeds the field also when empty."""
        holds = self.contents[index]
        listed = getattr(self._export, medium) if self._export else ()
        if holds.is_empty:
            return self._names[index] not in listed
        return holds.answers >= SURELY and not holds.valid(medium)

    def _count(self, medium: str, index: int) -> int:
        return self.contents[index].valid(medium)

    def _siblings(self, medium: str, index: int) -> list[int]:
        """`Telefono 2` beside `Telefono`, or the same name twice: the same thing of the same person."""
        base = base_of(self._header[index])
        return [
            other
            for other, _ in self._free()
            if other != index and base_of(self._header[other]) == base and self._count(medium, other)
        ]

    def _better_by_content(self, medium: str) -> bool:
        return any(
            self._mostly(medium, index)
            and name not in _FIELD_OF
            and not consent_columns.target_of(self._header[index])
            for index, name in self._free()
        )

    def _mostly(self, medium: str, index: int) -> bool:
        holds = self.contents[index]
        return not holds.is_empty and self._count(medium, index) > MOSTLY * len(holds.values)

    def _medium_by_content(self, medium: str) -> None:
        fitting = [index for index, _ in self._free() if self._mostly(medium, index)]
        if fitting:
            self._feed(medium, [max(fitting, key=lambda index: (self._count(medium, index), -index))])

    def _offer(self, medium: str) -> None:
        others = [index for index, _ in self._free() if self._mostly(medium, index)]
        if others and medium in self.found.values():
            self.reserves[medium] = others

    def _consents(self) -> None:
        """Answers to the columns whose names speak of them, the one for advertising first.

        Every further column for the same answer feeds it too, behind the one that decides.
        """
        speaking = [
            (consent_columns.is_for_advertising(self._header[index]), self._rank("consent", name), index)
            for index, name in self._free()
        ]
        for _, _, index in sorted(speaking):
            field = consent_columns.target_of(self._header[index])
            if _FIELD_OF.get(self._names[index]) == "consent":
                field = field or "consent"
            is_first = field not in self.found.values()
            if field and (self._holds_answers(index) if is_first else self._may_refuse(field, index)):
                self._join(field, index)

    def _may_refuse(self, field: str, index: int) -> bool:
        return not is_turned(field) and self.contents[index].answers >= MOSTLY

    def _join(self, field: str, index: int) -> None:
        """Let a column feed an answer, behind those that do already."""
        self._feed(field, [*(one for one, target in self.found.items() if target == field), index])

    def _holds_answers(self, index: int) -> bool:
        holds, name = self.contents[index], self._names[index]
        if _FIELD_OF.get(name) == "consent" or name.startswith(_ALWAYS_CONSENT):
            return name.startswith(_ALWAYS_CONSENT) or holds.is_empty or holds.answers > 0
        return not holds.is_empty and holds.answers >= MOSTLY

    def _others(self) -> None:
        named: dict[str, list[tuple[bool, int, int]]] = {}
        for index, name in self._free():
            field = _FIELD_OF.get(name)
            if field == "country" and self.contents[index].dialling_codes >= SURELY:
                field = "dial_code"
            if field and field not in (*MEDIA, "consent") and self._fits(field, index):
                rank = self._rank(field, name)
                named.setdefault(field, []).append((self.contents[index].is_empty, rank, index))
        for field, candidates in named.items():
            if field not in self.found.values():
                self.give(min(candidates)[2], field)

    def _fits(self, field: str, index: int) -> bool:
        holds = self.contents[index]
        if holds.is_empty:
            return True
        if field == "country":
            return holds.countries >= COUNTRY_NEEDS
        if field == "dial_code":
            return holds.dialling_codes >= SURELY
        if field == "province" and self._names[index] in PROVINCE_BY_CONTENT:
            return holds.provinces >= MOSTLY
        return True

    def _rank(self, field: str, name: str) -> int:
        names = SYNONYMS[field]
        return names.index(name) if name in names else _UNKNOWN
