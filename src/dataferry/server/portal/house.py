"""The house before its doors open: data home, database, static files, the first account, the sample's builds."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command

from dataferry.messages import DataferryError
from dataferry.server import jobs
from dataferry.server.catalogue.actions import register_inputs
from dataferry.server.workshop.queue import request_build

FIRST_ACCOUNT = "admin"
MANIFEST = "product.yaml"


@dataclass(frozen=True)
class FirstAccount:
    """The account made at the first start. The password is shown once; the database holds its hash only."""

    name: str
    password: str


def migrate() -> None:
    """Bring the database to the newest form."""
    call_command("migrate", interactive=False, verbosity=0)


def collect_static_files() -> None:
    """Copy and compress the static files of this version, once; older versions' copies go."""
    target = settings.STATIC_COLLECTED
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Several web processes of a city may share the home and start together.
    staged = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        settings.STATIC_ROOT = staged
        call_command("collectstatic", interactive=False, verbosity=0)
        staged.chmod(0o755)
        with contextlib.suppress(OSError):
            staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    settings.STATIC_ROOT = target


def first_account() -> FirstAccount | None:
    """Make the first account where there is none yet."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(FIRST_ACCOUNT, password=password)
    return FirstAccount(FIRST_ACCOUNT, password)


def letters_folder() -> Path | None:
    """Where e-mail is written as files; none where a mail server sends it."""
    return Path(settings.EMAIL_FILE_PATH) if settings.EMAIL_BACKEND.endswith("PrivateFiles") else None


def product_folders(examples: Path) -> list[Path]:
    """The product folders in `examples`, or the folder itself when it is one."""
    if (examples / MANIFEST).is_file():
        return [examples]
    return sorted(file.parent for file in examples.glob(f"*/{MANIFEST}"))


def request_builds(examples: Path) -> Iterator[tuple[Path, DataferryError | None, bool]]:
    """Put every product folder in the queue: the folder, why it cannot be built, whether it was not built before."""
    from dataferry.products import load_product

    for folder in product_folders(examples):
        try:
            manifest = load_product(folder).manifest
        except DataferryError as error:
            yield folder, error, False
            continue
        build = request_build(manifest.name, manifest.version, folder, manifest.title.to_json())
        yield folder, None, build is not None


def register_datasets(examples: Path) -> Iterator[tuple[Path, DataferryError]]:
    """Take the files that the example products read in as public datasets of the first administrator.

    What is there already is left as it is. Gives the folders whose files could not be taken in, and why.
    """
    owner = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if owner is None:
        return
    for folder in product_folders(examples):
        try:
            register_inputs(owner, folder)
        except DataferryError as error:
            yield folder, error


def recover() -> int:
    """Put jobs that a crash left running back in the queue; those of workers that still live are left to them."""
    return jobs.sweep()
