"""Makes and drops the role that the second run of .ci/run works as: ordinary, as the product's own role is.

    plain_role.py make   prints DATABASE_URL for the run; as postgres where the server lets nobody else in
    plain_role.py drop   takes the role and all that is its own away

Both log in as postgres, which the server of a CI machine trusts.
"""

from __future__ import annotations

import secrets
import sys

import psycopg
from psycopg import sql

ROLE = "ballast_ci"
SERVER = "127.0.0.1:5432"
AS_POSTGRES = f"postgresql://postgres@{SERVER}"


def make() -> str:
    """The URL of a new role that may make databases, and nothing more than tests of the guards need."""
    drop()
    password = secrets.token_hex(16)
    with psycopg.connect(f"{AS_POSTGRES}/postgres", autocommit=True) as server:
        name = sql.Identifier(ROLE)
        server.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(name, sql.Literal(password)))
        # Tests show that a session like a replica's is stopped by the guards: they must be able to begin one.
        server.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(name))
    url = f"postgresql://{ROLE}:{password}@{SERVER}"
    try:
        psycopg.connect(f"{url}/postgres").close()
    except psycopg.OperationalError:
        sys.stderr.write("The server lets nobody but postgres in: the run works as postgres.\n")
        return f"{AS_POSTGRES}/ballast_ci"
    return f"{url}/ballast_ci"


def drop() -> None:
    """Drop the role with its databases, where it is there."""
    with psycopg.connect(f"{AS_POSTGRES}/postgres", autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            return
        owned = server.execute("SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s", [ROLE]).fetchall()
        for (database,) in owned:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        server.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(ROLE)))
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        sys.stdout.write(f"{make()}\n")
    elif sys.argv[1:] == ["drop"]:
        drop()
    else:
        sys.exit(__doc__)
