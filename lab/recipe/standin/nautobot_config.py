"""The stand-in's configuration: where the real one's is, and of the form that the lab appends to."""

DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 300}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "standin"}}
ALLOWED_HOSTS = ["*"]
