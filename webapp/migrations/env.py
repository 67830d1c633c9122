"""Alembic's entry: runs the steps on the connection that `upgrade()` opened."""

from alembic import context
from sqlmodel import SQLModel

from webapp.migrations import is_of_the_models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=is_of_the_models,
)
with context.begin_transaction():
    context.run_migrations()
