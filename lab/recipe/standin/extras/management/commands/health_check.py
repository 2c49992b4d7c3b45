"""`nautobot-server health_check`, which prints a line a check and ends with 1 where one fails."""

import sys

from django.core.management.base import BaseCommand
from django.db import connection

import health


class Command(BaseCommand):
    def handle(self, *args, **options):
        connection.ensure_connection()
        wrong = health.problem(connection.connection)
        print("DatabaseBackend          ... %s" % ("working" if wrong is None else "unavailable: " + wrong))
        if wrong is not None:
            sys.exit(1)
