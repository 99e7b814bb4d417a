"""A real worker of the whole house: `letters_process.py prepare | work | race | tell`; dies where DIE_AT says."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.mail.backends.base import BaseEmailBackend  # noqa: E402
from django.db import DatabaseError, connection, transaction  # noqa: E402

from dataferry.messages import DataferryError  # noqa: E402
from dataferry.server import jobs, letters  # noqa: E402
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
            (folder / f"{time.monotonic_ns()}-{threading.get_ident()}").write_bytes(message.message().as_bytes())
        die("after the server took it")
        return len(messages)


def somebody(name: str) -> Any:
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    user = User.objects.create_user(name, email=f"{name}@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


NEWS = letters.Template({"en": "News"}, {"en": "n"})


def prepare() -> None:
    """One letter and one mailing."""
    with transaction.atomic():
        user = somebody("reader")
        letters.post(user, key="k:1", subject={"en": "Result"}, body={"en": "You won."})
        letters.post_many([(user, {})], campaign="c", template=NEWS, asked_by=None)


def noted(letter: Any) -> None:
    mark_sent(letter)
    die("after it was noted")


def at_once(act: Callable[[], Any], times: int) -> list[str]:
    """The same from several threads at the same instant; how each ended."""
    ended, gate = [], threading.Barrier(times)

    def run() -> None:
        try:
            gate.wait()
            act()
            ended.append("done")
        except (DatabaseError, DataferryError, ValueError) as error:
            ended.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def race() -> None:
    """Everything that may happen twice at the same instant, happens five times."""
    crowd = [somebody(f"p{number}") for number in range(4)]
    ended = at_once(lambda: letters.post(crowd[0], key="k", subject={"en": "S"}, body={"en": "B"}), 5)
    ended += at_once(
        lambda: letters.post_many([(user, {}) for user in crowd], campaign="c", template=NEWS, asked_by=None), 5
    )
    for job in list(jobs.Job.objects.values_list("pk", flat=True)):
        ended += at_once(lambda job=job: jobs.run(job), 5)
    print(json.dumps(ended))


def tell() -> None:
    """What stands there now."""
    taken = [file.read_bytes() for file in sorted((settings.HOME / "taken").iterdir())]
    value = {
        "letters": sorted(letters.Letter.objects.values_list("state", flat=True)),
        "jobs": sorted(set(jobs.Job.objects.values_list("state", flat=True))),
        "taken": [body.decode() for body in taken],
    }
    print(json.dumps(value))


if __name__ == "__main__":
    sys.modules["letters_process"] = sys.modules["__main__"]
    settings.EMAIL_BACKEND = "letters_process.Server"
    mark_sent, actions.mark_sent = actions.mark_sent, noted
    if sys.argv[1] == "work":
        work(interval=0.02, grace=20, until_empty=True)
    else:
        {"prepare": prepare, "race": race, "tell": tell}[sys.argv[1]]()
