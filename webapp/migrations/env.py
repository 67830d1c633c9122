"""Alembic's entry: runs the steps on the connection that `upgrade()` opened."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

from webapp.migrations import is_of_the_models

tell = context.config.attributes.get("tell")


def told(*_: Any, **more: Any) -> None:
    """After each step: the ones of large tables take minutes."""
    if tell:
        tell(f"passo {more['step'].up_revision_id}")


context.configure(
    on_version_apply=told,
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=is_of_the_models,
)
with context.begin_transaction():
    context.run_migrations()
