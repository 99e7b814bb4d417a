"""What is wrong with a deployment: every finding at once, each with what to do about it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError

from dataferry.messages import DataferryError, Finding
from dataferry.server.jobs.queries import workers
from dataferry.server.portal import environment

GIBIBYTE = 1024**3
LEAST_FREE = 2 * GIBIBYTE
OLDEST_POSTGRESQL = 13
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
KEPT_SECRET = ("secret_key", "keys/signing_key.pem", "keys/papers.key")

Check = Callable[[], Iterator[Finding]]


def check_home() -> Iterator[Finding]:
    """The data home is there, can be written, and is nobody else's."""
    home: Path = settings.HOME
    trial = home / ".checkup"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        yield Finding(
            "server.portal.check_home_unwritable", "blocked", {"home": str(home), "why": error.strerror or str(error)}
        )
        return
    if home.stat().st_mode & 0o077:
        mode = stat.filemode(home.stat().st_mode)
        yield Finding("server.portal.check_home_open", "attention", {"home": str(home), "mode": mode})
    for name in KEPT_SECRET:
        file = home / name
        if file.is_file() and file.stat().st_mode & 0o077:
            yield Finding("server.portal.check_key_open", "blocked", {"file": str(file)})
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE:
        yield Finding("server.portal.check_disk", "attention", {"gibibytes": round(free / GIBIBYTE, 1)})


def check_database() -> Iterator[Finding]:
    """The database answers, is new enough, and has every migration."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        # The driver's words may repeat the password of the address.
        yield Finding("server.portal.check_database_silent", "blocked", {"kind": type(error).__name__})
        return
    if waiting:
        yield Finding("server.portal.check_migrations", "blocked", {"count": waiting})
    if connection.vendor == "postgresql":
        major = connection.cursor().connection.info.server_version // 10_000
        if major < OLDEST_POSTGRESQL:
            yield Finding("server.portal.check_postgresql_old", "blocked", {"found": major, "least": OLDEST_POSTGRESQL})


def check_store() -> Iterator[Finding]:
    """A file can be put into the snapshot store and read back the same."""
    from dataferry.tables import SnapshotStore

    content = b"dataferry checkup"
    try:
        store = SnapshotStore(settings.STORE)
        kept = store.put(content, name="checkup.txt", media_type="text/plain", source={"act": "checkup"})
        sound = store.read(kept.sha256) == content
    except (DataferryError, OSError) as error:
        yield Finding("server.portal.check_store", "blocked", {"store": settings.STORE, "why": str(error)})
        return
    if not sound:
        yield Finding("server.portal.check_store", "blocked", {"store": settings.STORE, "why": "sha256"})


def check_sandbox() -> Iterator[Finding]:
    """Recipes and files of strangers can be confined on this machine."""
    from dataferry.products.sandbox import choose

    try:
        chosen = choose()
    except DataferryError as error:
        yield Finding("server.portal.check_sandbox", "blocked", {"why": error.text()})
        return
    if chosen.kind != "bubblewrap":
        yield Finding("server.portal.check_sandbox_second", "attention", {"found": chosen.kind})


def check_doors() -> Iterator[Finding]:
    """What visitors reach: no debug pages, HTTPS unless only this machine may come, named hosts."""
    if settings.DEBUG:
        yield Finding("server.portal.check_debug", "blocked", {})
    public = set(settings.ALLOWED_HOSTS) - LOOPBACK
    if "*" in public:
        yield Finding("server.portal.check_any_host", "blocked", {})
    if public and not environment.HTTPS.read():
        yield Finding("server.portal.check_no_https", "blocked", {"hosts": sorted(public)})
    if environment.BEHIND_PROXY.read() and environment.HOST.read() not in LOOPBACK:
        yield Finding("server.portal.check_proxy_open", "attention", {"host": environment.HOST.read()})


def check_worker() -> Iterator[Finding]:
    """Somebody does the work in the background."""
    try:
        alive = any(seen.alive for seen in workers())
    except DatabaseError:
        # A silent database is told by its own check.
        return
    if not alive:
        seconds = settings.JOB_LEASE_SECONDS
        yield Finding("server.portal.check_no_worker", "attention", {"seconds": seconds})


def check_mail() -> Iterator[Finding]:
    """Letters reach people."""
    if not environment.EMAIL_URL.read():
        yield Finding("server.portal.check_mail_files", "attention", {})


CHECKS: tuple[Check, ...] = (
    check_home,
    check_database,
    check_store,
    check_sandbox,
    check_doors,
    check_worker,
    check_mail,
)


def examine() -> list[Finding]:
    """Every finding of every check; none where all is well."""
    return [finding for check in CHECKS for finding in check()]
