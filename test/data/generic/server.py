"""What the `uri` playbook asks. Says the same on every host and at every time."""
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

flaky = {'asked': 0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def version_string(self):
        return 'probe'

    def date_time_string(self, timestamp=None):
        return 'Thu, 01 Jan 2026 00:00:00 GMT'

    def log_message(self, *args):
        pass

    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name.replace('_', '-'), each)
        if status not in (204, 304):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD' and status not in (204, 304):
            self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get('Content-Length') or 0)
        sent = self.rfile.read(length).decode()
        path, _, query = self.path.partition('?')
        kind, _, rest = path.strip('/').partition('/')
        if kind == 'text':
            self.answer(200, b'some text\n', Content_Type='text/plain')
        elif kind == 'json':
            self.answer(200, b'{"a": 1, "b": [true, null, 1.5]}', Content_Type='application/json')
        elif kind == 'badjson':
            self.answer(200, b'{"a": ', Content_Type='application/json')
        elif kind == 'status':
            more = {'WWW_Authenticate': 'Basic realm="x"'} if rest == '401' else {}
            self.answer(int(rest), b'status ' + rest.encode(), Content_Type='text/plain', **more)
        elif kind == 'echo':
            names = ('Content-Type', 'User-Agent', 'X-One', 'Accept', 'Cookie')
            told = {name: self.headers[name] for name in names if self.headers[name]}
            body = json.dumps({'method': self.command, 'body': sent, 'query': query, 'headers': told}).encode()
            self.answer(200, body, Content_Type='text/echo')
        elif kind == 'redirect':
            self.answer(int(rest), b'', Location='/echo?from=' + rest, X_First='of the redirection')
        elif kind == 'loop':
            self.answer(302, b'', Location='/loop')
        elif kind == 'cookies':
            self.answer(200, b'c', Content_Type='text/plain', Set_Cookie=['one=1; Path=/', 'two=b; HttpOnly'])
        elif kind == 'auth':
            if self.headers['Authorization'] == 'Basic d2hvOnNlY3JldGx5':
                self.answer(200, b'welcome', Content_Type='text/plain')
            else:
                self.answer(401, b'who?', Content_Type='text/plain', WWW_Authenticate='Basic realm="x"')
        elif kind == 'slow':
            time.sleep(4)
            self.answer(200, b'late')
        elif kind == 'utf8':
            self.answer(200, 'grüße'.encode(), Content_Type='text/plain; charset=utf-8')
        elif kind == 'latin1':
            self.answer(200, 'grüße'.encode('latin-1'), Content_Type='text/plain; charset=iso-8859-1')
        elif kind == 'headers':
            self.answer(200, b'h', X_Twice=['a', 'b'], X_Under_Score='c', ETag='"e"', Content_Type='text/html')
        elif kind == 'flaky':
            flaky['asked'] += 1
            self.answer(503 if flaky['asked'] < 3 else 200, b'f', Content_Type='text/plain')
        else:
            self.answer(404, b'no', Content_Type='text/plain')

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any


plain = ThreadingHTTPServer(('127.0.0.1', 8099), Handler)
secured = ThreadingHTTPServer(('127.0.0.1', 8098), Handler)
subprocess.run(
    ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=probe']
    + ['-keyout', '/run/probe.key', '-out', '/run/probe.crt'],
    check=True, capture_output=True,
)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/run/probe.crt', '/run/probe.key')
secured.socket = context.wrap_socket(secured.socket, server_side=True)
threading.Thread(target=secured.serve_forever, daemon=True).start()
plain.serve_forever()
