"""Jobs of this room, run by RQ. A job takes an id; it may run twice and does its work once."""

from webapp import db
from webapp.contacts.imports import import_run, import_undo, importing
from webapp.contacts.people import large_export
from webapp.life import die_with_parent


def run_import(import_id: int) -> None:
    die_with_parent()
    db.keep_connections()
    if import_run.work_at(import_id) or import_undo.work_at(import_id):
        importing.enqueue(import_id)


def run_export(export_id: int) -> None:
    die_with_parent()
    db.keep_connections()
    large_export.work_at(export_id)
