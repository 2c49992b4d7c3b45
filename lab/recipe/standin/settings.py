"""Django's settings for the stand-in."""

import os

import configuration

_read = configuration.load()
DATABASES = _read["DATABASES"]
CACHES = _read["CACHES"]
ALLOWED_HOSTS = _read["ALLOWED_HOSTS"]
NAUTOBOT_ROOT = os.environ["NAUTOBOT_ROOT"]
SETTINGS_PATH = os.path.join(NAUTOBOT_ROOT, "nautobot_config.py")
PLUGINS = []
MAINTENANCE_MODE = False
SECRET_KEY = "no secret: nothing is signed"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "dcim", "extras"]
