"""A house as release 0.1.0 left it, and what has become of it: `make RELEASE_DIR`, then `upgrade`.

python -m server.first_release make built/release
"""

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import Error, connection, transaction  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.utils import timezone  # noqa: E402

APPS = ("admin", "auth", "contenttypes", "sessions", "django_tasks_database")
LAST_MIGRATION = ("workshop", "0002_releases_are_final")
LAST_OF_ACCOUNTS = ("auth", "0012_alter_user_first_name_max_length")
PASSWORD = "one of the first harbour"


def make(built: str) -> None:
    """Only the apps and tables of 0.1.0, and rows as its code wrote them."""
    for app in APPS:
        call_command("migrate", app, verbosity=0, interactive=False)
    call_command("migrate", *LAST_MIGRATION, verbosity=0, interactive=False)
    apps = MigrationExecutor(connection).loader.project_state([LAST_MIGRATION, LAST_OF_ACCOUNTS]).apps
    document = json.loads((Path(built) / "release.json").read_text(encoding="utf-8"))
    place = Path("releases") / document["name"] / f"{document['version']}-{document['digest'][7:19]}"
    shutil.copytree(built, Path(settings.HOME) / place)
    now = timezone.now()
    product = apps.get_model("workshop", "Product").objects.create(slug=document["name"])
    releases = apps.get_model("workshop", "Release").objects
    older = {"version": "0.0.1", "digest": "sha256:1", "folder": "releases/older", "document": document}
    releases.create(product=product, **older)
    release = releases.create(
        product=product,
        version=document["version"],
        digest=document["digest"],
        folder=place.as_posix(),
        document=document,
    )
    build = apps.get_model("workshop", "Build").objects
    common = {"source": str(Path(settings.HOME) / "gone"), "title": document["title"], "attempts": 1}
    done = {"slug": product.slug, "version": release.version, "state": "done", "release": release, "share": 1.0}
    failed = {"slug": "other", "version": "1", "state": "failed", "error": {"code": "tables.empty", "data": {}}}
    waiting = {"slug": "waiting", "version": "1", "state": "queued", "attempts": 0, "task_id": "x"}
    running = {"slug": "running", "version": "1", "state": "running", "lease_until": now + timedelta(minutes=9)}
    for state in (done, failed, waiting, running):
        ended = now if state["state"] in {"done", "failed"} else None
        build.create(**{**common, **state, "started_at": now, "finished_at": ended})
    from django.contrib.auth.hashers import make_password

    rights = {"is_staff": True, "is_superuser": True, "is_active": True}
    apps.get_model("auth", "User").objects.create(username="admin", password=make_password(PASSWORD), **rights)


def upgrade() -> None:
    """Every migration since, then what a visitor and the administrator find; one line of JSON."""
    call_command("migrate", verbosity=0, interactive=False)
    from django.contrib.auth.models import User
    from django.test import Client

    from dataferry.server import journal
    from dataferry.server.people.models import Profile
    from dataferry.server.people.predicates import is_administrator
    from dataferry.server.workshop.models import Build, Publication, Release

    release = Release.objects.latest("pk")
    before = json.loads((Path(settings.HOME) / release.folder / "release.json").read_text(encoding="utf-8"))
    product = f"/en/products/{release.product.slug}/"
    visitor = Client(headers={"host": "localhost"})
    addresses = ["/readyz", "/en/", "/en/products/", product, f"{product}{release.version}/", "/api/v1/products"]
    admin = User.objects.get(username="admin")
    value = {
        "answers": {address: visitor.get(address, follow=True).status_code for address in addresses},
        "found": release.product.slug in visitor.get("/en/products/").content.decode(),
        "published": Publication.objects.count(),
        "newest": release.product.newest == release,
        "words": before["title"]["en"].lower() in release.product.words,
        "owner": release.product.owner_id,
        "document": release.document == before,
        "final": _refused("UPDATE workshop_release SET version = '2'"),
        "builds": {
            build.slug: [build.state, build.attempts, build.job.key, (build.error or {}).get("code")]
            for build in Build.objects.select_related("job")
        },
        "administrator": bool(is_administrator(admin)),
        "profile": Profile.objects.filter(user=admin).count(),
        "password": admin.check_password(PASSWORD),
        "journal": journal.verify().sound,
        "guarded": _refused("DELETE FROM journal_chain") or journal.head() is None,
    }
    print(json.dumps(value))


def _refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except Error:
        return True
    return False


if __name__ == "__main__":
    {"make": make, "upgrade": upgrade}[sys.argv[1]](*sys.argv[2:])
