"""The blueprint of the room; every `views*` module adds its pages to it, `views` brings them together."""

from flask import Blueprint

blueprint = Blueprint("uploads", __name__)
