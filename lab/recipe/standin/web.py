"""The web server: the health page, the login page, and a writer in each of its processes."""

import threading

import configuration
import health
import rows


def start_writer():
    import uwsgi

    source = "web-%d" % uwsgi.worker_id()
    threading.Thread(target=rows.write, args=(source, lambda: False), daemon=True).start()


try:
    import uwsgi

    uwsgi.post_fork_hook = start_writer
except ImportError:
    pass  # outside uwsgi, where this file is only compiled


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path not in ("/health/", "/login/"):
        return page(start_response, "404 Not Found", "there is nothing here")
    import psycopg2

    try:
        connection = configuration.connect()
        try:
            wrong = health.problem(connection)
        finally:
            connection.close()
    except psycopg2.Error as error:
        wrong = str(error)
    if wrong is not None:
        return page(start_response, "500 Internal Server Error", wrong)
    return page(start_response, "200 OK", "working")


def page(start_response, status, text):
    start_response(status, [("Content-Type", "text/html")])
    return [("<html><title>Nautobot</title><body>%s</body></html>" % text).encode()]
