/** The mark before the one line that counts: Nautobot, its apps and its log handlers may print lines of their own. */
export const MARK = 'PGUP-NAUTOBOT ';

/**
 * What Nautobot says of itself, from inside. Runs in `nautobot-server shell -c`, under every Nautobot since 1.0, also on
 * a database that an older Nautobot made: whatever needs tables asks for their columns first and uses SQL, never
 * models. Prints one line of JSON. The password is not in it, and nothing is written: the session is read only.
 *
 * All names are local to one function: older versions run the text in a scope that nested functions cannot see.
 */
export const SETTINGS_CODE = `
def pgup():
    import json, os, socket, sys
    out = {"python": sys.version.split()[0], "errors": []}
    def attempt(name, function):
        try:
            out[name] = function()
        except BaseException as error:
            out["errors"].append(name + ": " + type(error).__name__ + ": " + str(error).strip()[:500])
    from django.conf import settings
    database = settings.DATABASES["default"]
    def text(key):
        return str(database.get(key) or "")
    out["database"] = {"engine": text("ENGINE"), "name": text("NAME"), "user": text("USER"), "host": text("HOST"), "port": text("PORT")}
    out["options"] = sorted(str(key) for key in (database.get("OPTIONS") or {}))
    def versions():
        import nautobot
        return str(nautobot.__version__)
    attempt("version", versions)
    attempt("django", lambda: __import__("django").get_version())
    attempt("root", lambda: str(settings.NAUTOBOT_ROOT))
    attempt("config", lambda: str(getattr(settings, "SETTINGS_PATH", "") or os.environ.get("NAUTOBOT_CONFIG", "")))
    attempt("hosts", lambda: [str(each) for each in settings.ALLOWED_HOSTS])
    attempt("sslRedirect", lambda: bool(getattr(settings, "SECURE_SSL_REDIRECT", False)))
    attempt("maintenance", lambda: bool(getattr(settings, "MAINTENANCE_MODE", False)))
    attempt("apps", lambda: sorted(str(each) for each in getattr(settings, "PLUGINS", [])))
    def health():
        from django.urls import get_script_prefix
        base = str(getattr(settings, "FORCE_SCRIPT_NAME", "") or "").rstrip("/")
        return (base or get_script_prefix().rstrip("/")) + "/health/"
    attempt("health", health)
    def cache():
        from django.core.cache import cache as default
        default.get("pgup-looks-for-nothing")
        return True
    attempt("cache", cache)
    def addresses():
        host = database.get("HOST") or ""
        if not host or host.startswith("/"):
            return []
        return sorted({each[4][0] for each in socket.getaddrinfo(host, None)})
    attempt("addresses", addresses)
    from django.db import connection
    def rows(sql, values=None):
        with connection.cursor() as cursor:
            cursor.execute(sql, values or [])
            return cursor.fetchall()
    def server():
        if "postgresql" not in text("ENGINE"):
            return None
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        keys = ["version", "address", "port", "pid", "user", "identifier"]
        values = rows("SELECT current_setting('server_version'), host(inet_server_addr()), inet_server_port(), pg_backend_pid(), current_user, (SELECT system_identifier::text FROM pg_control_system())")[0]
        return dict(zip(keys, values))
    attempt("server", server)
    def migrations():
        from django.db.migrations.executor import MigrationExecutor
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [migration.app_label + "." + migration.name for migration, backwards in plan]
    def jobs():
        table = "extras_jobresult"
        columns = {each[0] for each in rows("SELECT column_name FROM information_schema.columns WHERE table_schema = ANY (current_schemas(false)) AND table_name = %s", [table])}
        if not {"status", "name"} <= columns:
            return {"count": 0, "rows": []}
        created = "date_created" if "date_created" in columns else "created"
        where = " FROM " + table + " WHERE status IN ('STARTED', 'RECEIVED', 'PENDING', 'RETRY', 'running', 'pending')"
        found = rows("SELECT name, status, extract(epoch FROM now() - " + created + ")::bigint" + where + " ORDER BY " + created + " LIMIT 20")
        count = rows("SELECT count(*)" + where)[0][0]
        return {"count": count, "rows": [{"name": str(each[0]), "status": each[1], "age": int(each[2] or 0)} for each in found]}
    if out.get("server"):
        attempt("migrations", migrations)
        attempt("jobs", jobs)
    print("\\n${MARK}" + json.dumps(out))
    sys.stdout.flush()
pgup()
`;
