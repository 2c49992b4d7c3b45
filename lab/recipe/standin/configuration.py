"""Reads nautobot_config.py, without Django."""

import os
import runpy

PLACE = os.path.dirname(__file__)


def load():
    root = os.environ.get("NAUTOBOT_ROOT", "/opt/nautobot")
    read = runpy.run_path(os.path.join(root, "nautobot_config.py"))
    database = read["DATABASES"]["default"]
    # As Nautobot's own defaults take them, for a configuration that names none.
    for key, variable in (("HOST", "DB_HOST"), ("NAME", "DB_NAME"), ("USER", "DB_USER"), ("PASSWORD", "DB_PASSWORD")):
        database.setdefault(key, os.environ.get("NAUTOBOT_" + variable, "nautobot"))
    database.setdefault("PORT", "5432")
    return read


def connect():
    """A session like Nautobot's, by its settings. Gives up soon, because whoever asks tries again."""
    import psycopg2

    to = load()["DATABASES"]["default"]
    return psycopg2.connect(
        host=to["HOST"],
        port=to["PORT"],
        dbname=to["NAME"],
        user=to["USER"],
        password=to["PASSWORD"],
        connect_timeout=2,
    )
