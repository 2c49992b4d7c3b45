"""The worker and the scheduler. Each writes; each ends on SIGTERM when the row in its hands is done."""

import os
import signal
import sys
import time

import configuration
import rows


def database_is_away(patience):
    """Why, where it is: the real scheduler takes that long to start, ends then, and is started again by systemd."""
    import psycopg2

    end = time.monotonic() + patience
    while True:
        try:
            configuration.connect().close()
            return None
        except psycopg2.Error as error:
            if time.monotonic() > end:
                return error
        time.sleep(0.2)


def run(kind, pid_file):
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    if kind == "beat":
        error = database_is_away(patience=5)
        if error is not None:
            print(error, file=sys.stderr)
            return 1
    if pid_file is not None:
        with open(pid_file, "w", encoding="ascii") as file:
            file.write("%d\n" % os.getpid())
    rows.write("scheduler" if kind == "beat" else "worker", lambda: bool(asked))
    if pid_file is not None:
        os.unlink(pid_file)
    return 0
