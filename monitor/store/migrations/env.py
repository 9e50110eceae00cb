"""Run the migrations on the connection that the store hands over; there is no other way in."""

from alembic import context
from sqlalchemy import Connection

from monitor.store.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
