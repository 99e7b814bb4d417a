"""Just enough of Django for worker processes of the tests: the jobs room and a database named by the environment."""

from pathlib import Path

from dataferry.server.portal import environment

HOME = Path(environment.HOME.read())
SECRET_KEY = "of the tests"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_tasks", "django_tasks_db", "dataferry.server.jobs"]
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": HOME / "dataferry.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
DATABASES = {"default": environment.DATABASE_URL.read() or SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
USE_TZ = True
TIME_ZONE = "Asia/Hong_Kong"
JOB_LEASE_SECONDS = environment.JOB_LEASE.read()
JOBS_KEPT_DAYS = 30
