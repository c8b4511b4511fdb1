"""From the tables of an older workbench to today's, by numbered steps."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from workbench.errors import StoreError
from workbench.store.database import MENDING

HEAD = "0008"
FOLDER = Path(__file__).with_name("migrations")


def version_of(connection: Connection) -> str | None:
    """Return the version of the tables, None when they are not the workbench's."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def check_version(connection: Connection, *, where: str) -> bool:
    """Tell whether the tables are today's; False means that `upgrade` is due.

    Raises StoreError when they are of a newer workbench or none of ours.
    """
    version = version_of(connection)
    if version is None or not version.isdecimal():
        raise StoreError("This database holds no workbench project.", where=where, hint=MENDING)
    if int(version) > int(HEAD):
        raise StoreError(
            f"A newer workbench wrote this project (tables {version}, known up to {HEAD}).",
            where=where,
            hint="Update annotation-workbench, or open a backup from before; nothing was changed.",
        )
    return version == HEAD


def upgrade(connection: Connection, target: str = "head") -> None:
    """Bring the tables up to `target` inside the connection's transaction: all steps or none."""
    # Alembic takes most of a second to import and is needed when tables change only.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
