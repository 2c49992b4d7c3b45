"""What Nautobot's health page and its health_check command find out, as far as the database goes."""


def problem(connection):
    """None where all is well. Writes and removes a row, as the real check does."""
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO extras_healthchecktestmodel (title) VALUES ('test') RETURNING id")
        cursor.execute("DELETE FROM extras_healthchecktestmodel WHERE id = %s", cursor.fetchone())
        cursor.execute("SELECT count(*) FROM django_migrations WHERE app = 'extras' AND name = '0002_rows'")
        return None if cursor.fetchone()[0] == 1 else "migrations are pending"
