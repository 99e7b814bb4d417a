"""A process that appends from several threads, takes back every third transaction, and says what it committed.

python appending.py NAME THREADS EVENTS
"""

import sys
import threading

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from dataferry.server import journal  # noqa: E402

NAME, THREADS, EVENTS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def work(thread: int) -> None:
    for n in range(EVENTS):
        change = f"{NAME}-{thread}-{n}"
        with transaction.atomic():
            Group.objects.create(name=change)
            event = journal.append("system", "people.group_made", f"group:{change}", {"n": n})
            if n % 3 == 2:
                journal.append("system", "people.group_made", f"group:{change}", {"n": n})
                transaction.set_rollback(True)
        if n % 3 != 2:
            print(f"{event.sequence} {change}\n", end="", flush=True)
    connection.close()


threads = [threading.Thread(target=work, args=[thread]) for thread in range(THREADS)]
for one in threads:
    one.start()
for one in threads:
    one.join()
