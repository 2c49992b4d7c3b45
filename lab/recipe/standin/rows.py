"""Writes numbered rows and keeps a record of each that the server said is stored.

The record is a file beside the database's host, one line before each try (`? N`) and one after each acknowledgement
(`! N`). It is written through at once, so it survives whatever is done to this process or its host; a number is never
tried twice, whatever became of it.
"""

import os
import time

import configuration

RECORDS = "/var/lib/nautobot-standin"
PAUSE = 0.2


def last_number(path):
    if not os.path.exists(path):
        return 0
    with open(path, encoding="ascii") as file:
        return max((int(line[2:]) for line in file if line.endswith("\n")), default=0)


def write(source, stopped):
    """Until `stopped()`; a server that is away or refuses is tried again."""
    import psycopg2

    path = os.path.join(RECORDS, source)
    number = last_number(path)
    record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    connection = None
    while not stopped():
        number += 1
        os.write(record, b"? %d\n" % number)
        try:
            if connection is None:
                connection = configuration.connect()
            with connection, connection.cursor() as cursor:
                cursor.execute("INSERT INTO extras_numberedrow (source, number) VALUES (%s, %s)", (source, number))
            os.write(record, b"! %d\n" % number)
        except psycopg2.Error:
            if connection is not None:
                connection.close()
            connection = None
        time.sleep(PAUSE)
    if connection is not None:
        connection.close()
