"""Takes the systemd units and uwsgi.ini out of Nautobot's own installation page, so that they are what it documents.

usage: units.py SERVICES.HTML UNIT_FOLDER NAUTOBOT_ROOT
"""

import html.parser
import pathlib
import re
import sys


class CodeBlocks(html.parser.HTMLParser):
    """Collects the text of every <pre>."""

    def __init__(self):
        super().__init__()
        self.depth = 0
        self.blocks = []

    def handle_starttag(self, tag, attrs):
        if tag == "pre":
            self.depth += 1
            self.blocks.append("")

    def handle_endtag(self, tag):
        if tag == "pre":
            self.depth -= 1

    def handle_data(self, data):
        if self.depth:
            self.blocks[-1] += data


page, unit_folder, nautobot_root = map(pathlib.Path, sys.argv[1:])
parser = CodeBlocks()
parser.feed(page.read_text())

units = {
    "Nautobot WSGI Service": "nautobot.service",
    "Nautobot Celery Worker": "nautobot-worker.service",
    "Nautobot Celery Beat Scheduler": "nautobot-scheduler.service",
}
written = set()
for block in parser.blocks:
    text = block.strip() + "\n"
    if text.startswith("[Unit]"):
        name = units.get(re.search(r"^Description=(.*)$", text, re.M).group(1))
        if name:
            (unit_folder / name).write_text(text)
            written.add(name)
    elif text.startswith("[uwsgi]"):
        # No web server before it in the lab: uwsgi speaks HTTP itself, in few processes.
        text = re.sub(r"^socket = .*$", "http = 0.0.0.0:8080", text, flags=re.M)
        text = re.sub(r"^; processes = .*$", "processes = 2", text, flags=re.M)
        (nautobot_root / "uwsgi.ini").write_text(text)
        written.add("uwsgi.ini")

missing = {*units.values(), "uwsgi.ini"} - written
if missing:
    sys.exit(f"{page} has no block for: {', '.join(sorted(missing))}")
