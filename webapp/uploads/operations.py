"""The ways to fill an audience. PURE."""

from enum import StrEnum


class Operation(StrEnum):
    """The purpose of an upload. Of a batch, only ADD, REMOVE and REPLACE: to align is to remove, then add.

    ADD puts people in. ALIGN sends the differences alone, so that the audience holds exactly those chosen, as
    far as Platea put them there. REPLACE leaves nobody but those chosen, whoever put them there. REMOVE takes
    those chosen out.
    """

    ADD = "add"
    ALIGN = "align"
    REPLACE = "replace"
    REMOVE = "remove"
