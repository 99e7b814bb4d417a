"""A real worker of the whole house: `letters_process.py prepare | work`; dies where DIE_AT says."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "dataferry.server.portal.settings"
sys.path.insert(0, str(Path(__file__).parent))

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.mail.backends.base import BaseEmailBackend  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from dataferry.server import letters  # noqa: E402
from dataferry.server.jobs import registry  # noqa: E402
from dataferry.server.jobs.worker import work  # noqa: E402
from dataferry.server.letters import actions  # noqa: E402

registry.BACK_OFF = (timedelta(0),)
registry._rhythms.clear()
DIE_AT = os.environ.get("DIE_AT", "")


def die(where: str) -> None:
    if where == DIE_AT:
        os.kill(os.getpid(), signal.SIGKILL)


class Server(BaseEmailBackend):
    """Takes letters as files of the data home."""

    def send_messages(self, messages: Any) -> int:
        die("before the server takes it")
        for message in messages:
            folder = settings.HOME / "taken"
            folder.mkdir(exist_ok=True)
            (folder / f"{len(list(folder.iterdir())):03}.eml").write_bytes(message.message().as_bytes())
        die("after the server took it")
        return len(messages)


def prepare() -> None:
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        user = User.objects.create_user("reader", email="reader@example.org")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        letters.post(user, key="k:1", subject={"en": "Result"}, body={"en": "You won."})
        letters.post_many(
            [(user, {})], campaign="c", template=letters.Template({"en": "News"}, {"en": "n"}), asked_by=None
        )


def noted(letter: Any) -> None:
    mark_sent(letter)
    die("after it was noted")


if __name__ == "__main__":
    sys.modules["letters_process"] = sys.modules["__main__"]
    settings.EMAIL_BACKEND = "letters_process.Server"
    mark_sent, actions.mark_sent = actions.mark_sent, noted
    if sys.argv[1] == "prepare":
        prepare()
    else:
        work(interval=0.02, grace=20, until_empty=True)
