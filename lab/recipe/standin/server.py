"""Which command of nautobot-server does what. Only what needs Django pays for its start."""

import os

import configuration


def main(argv):
    words = list(argv[1:])
    for flag in ("-c", "--config-path"):
        if words[:1] == [flag]:
            del words[:2]
    command, rest = (words or [""])[0], words[1:]
    os.environ.setdefault("NAUTOBOT_ROOT", "/opt/nautobot")
    if command in ("version", "--version"):
        import nautobot

        print(f"Nautobot version: {nautobot.__version__}")
        return 0
    if command == "start":
        import pyuwsgi

        # What Nautobot's own start command puts before its arguments, with another application.
        pyuwsgi.run(["--strict", "--need-app", "--pythonpath", configuration.PLACE, "--module", "web:application", *rest])
        return 0
    if command == "celery" and rest[:1] in (["worker"], ["beat"]):
        import celery_units

        return celery_units.run(rest[0], pid_file_of(rest))
    from django.core.management import execute_from_command_line

    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    execute_from_command_line([argv[0], *words])
    return 0


def pid_file_of(words):
    return words[words.index("--pidfile") + 1] if "--pidfile" in words else None
