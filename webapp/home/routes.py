"""Where the pages that belong to no room hang."""

from flask import Blueprint

blueprint = Blueprint("home", __name__)
