"""Just enough of Django for appending processes: the journal and a database named by the environment."""

from pathlib import Path

from dataferry.server.portal import environment

HOME = Path(environment.HOME.read())
SECRET_KEY = "of the tests"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "dataferry.server.journal"]
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": HOME / "dataferry.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
DATABASES = {"default": environment.DATABASE_URL.read() or SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
