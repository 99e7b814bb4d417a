"""Promise: no byte is counted before it is on disk, and no break, full disk, jump of the clock or kill loses any."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from dataferry.messages import InputError, LimitError
from dataferry.server import uploads
from dataferry.server.people.personal_data import erase_all, export_all
from dataferry.server.uploads import actions, files, forms, handing_over
from dataferry.server.uploads.errors import GoneError, LockedError, StorageFullError
from dataferry.server.uploads.models import TRANSITIONS, Upload
from dataferry.server.web.problems import ConflictError
from server.databases import manage
from server.persons import make_person
from server.uploads.conftest import MEBIBYTE, PURPOSE, Tus
from server.uploads.test_tus import Stream, number

DATA = os.urandom(3 * MEBIBYTE)


def begun(person: Any, length: int = len(DATA)) -> Upload:
    return actions.begin(person, purpose=PURPOSE, length=length, file_name="film.mp4")


class Breaking(Stream):
    """A body whose connection breaks at its end."""

    def read(self, size: int = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise OSError("connection reset")
        return piece


def test_what_came_before_a_break_is_kept(sender: Any) -> None:
    upload = begun(sender)
    left = actions.receive(upload, 0, Breaking(DATA[:1_000_000], 65536), announced=len(DATA))
    assert left.offset == 1_000_000
    assert Upload.objects.get().writer == ""
    done = actions.receive(left, 1_000_000, Stream(DATA[1_000_000:], 65536))
    assert (done.state, done.sha256) == ("complete", hashlib.sha256(DATA).hexdigest())


def test_bytes_that_were_written_and_never_counted_are_dropped(sender: Any) -> None:
    upload = actions.receive(begun(sender), 0, Stream(DATA[:100]))
    with files.incoming(upload.pk).open("ab") as file:
        file.write(b"garbage of a process that died")
    done = actions.receive(upload, 100, Stream(DATA[100:], MEBIBYTE))
    assert done.sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_disk_that_lost_bytes_takes_the_offset_back(tus: Tus, sender: Any) -> None:
    upload = actions.receive(begun(sender), 0, Stream(DATA[:5000], 5000))
    os.truncate(files.incoming(upload.pk), 3000)
    address = f"/uploads/{upload.pk}"
    assert tus.send(address, 5000, DATA[5000:]).status_code == 409
    assert tus.offset(address) == 3000
    assert tus.send(address, 3000, DATA[3000:]).status_code == 204
    # Also when the file as a whole is gone after it was complete, as after a restore.
    files.incoming(upload.pk).unlink()
    with pytest.raises(ConflictError, match="not complete"):
        uploads.take(sender, upload.pk, PURPOSE)
    assert tus.offset(address) == 0


def test_only_one_writes_and_who_lost_the_lease_changes_nothing(sender: Any) -> None:
    upload = begun(sender)

    class Slow:
        """While its second piece is awaited another request comes: first refused, let in when this one is silent."""

        def __init__(self) -> None:
            self.pieces = [b"", b"old" * 100, DATA[:1000]]

        def read(self, size: int = -1, /) -> bytes:
            if len(self.pieces) == 2:
                with pytest.raises(LockedError):
                    actions.receive(upload, 0, Stream(DATA))
                Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
                assert actions.receive(upload, 0, Stream(DATA[:2000])).offset == 2000
            return self.pieces.pop()

    with pytest.raises(LockedError):
        actions.receive(upload, 0, Slow())
    assert Upload.objects.get().offset == 2000
    assert files.incoming(upload.pk).read_bytes() == DATA[:2000]


def test_a_lease_from_a_clock_that_was_ahead_holds_nobody_up(sender: Any) -> None:
    upload = begun(sender)
    Upload.objects.update(writer="lost", lease_until=timezone.now() + timedelta(days=400))
    assert actions.receive(upload, 0, Stream(DATA[:10])).offset == 10


@pytest.mark.parametrize("number_of_error", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_in_the_middle_keeps_what_fitted(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, number_of_error: int
) -> None:
    address = tus.begun(len(DATA))
    monkeypatch.setattr(actions, "STEP", MEBIBYTE)
    real, room = os.pwrite, [2 * MEBIBYTE - 10]

    def cramped(handle: int, data: Any, at: int) -> int:
        if room[0] <= 0:
            raise OSError(number_of_error, "full")
        written = real(handle, data[: room[0]], at)
        room[0] -= written
        return written

    monkeypatch.setattr(files.os, "pwrite", cramped)
    refused = tus.send(address, 0, DATA)
    assert refused.status_code == 507
    assert refused.json()["title"] == "No room on the disk"
    assert refused.json()["retry"] is True
    assert tus.offset(address) == MEBIBYTE
    assert files.incoming(number(address)).stat().st_size == MEBIBYTE
    monkeypatch.setattr(files.os, "pwrite", real)
    assert tus.send(address, MEBIBYTE, DATA[MEBIBYTE:]).status_code == 204


def test_no_byte_is_accepted_where_there_is_no_room(tus: Tus, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tus.begun(4000)
    monkeypatch.setattr(files, "free_bytes", lambda: 10_000)
    settings.DISK_RESERVE = 1000
    assert tus.begin(6000).status_code == 507
    tus.begun(5000)
    monkeypatch.setattr(files, "free_bytes", lambda: 1500)
    assert tus.send(first, 0, b"x" * 1000).status_code == 507
    assert tus.offset(first) == 0


def test_the_share_of_one_person_is_limited(sender: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.UPLOAD_QUOTA = 10_000
    first = begun(sender, 6000)
    with pytest.raises(LimitError, match="share"):
        begun(sender, 4001)
    begun(sender, 4000)
    uploads.discard(sender, first.pk)
    begun(make_person("other@example.org"), 6000)
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 1)
    with pytest.raises(LimitError, match="uploads open"):
        begun(sender, 10)


@pytest.mark.django_db(transaction=True)
def test_a_taking_that_is_rolled_back_can_be_repeated(sender: Any, tus: Tus) -> None:
    upload = actions.receive(begun(sender), 0, Stream(DATA, MEBIBYTE))

    with transaction.atomic():
        uploads.take(sender, upload.pk, PURPOSE)
        transaction.set_rollback(True)
    assert tus.offset(f"/uploads/{upload.pk}") == len(DATA)
    assert tus.send(f"/uploads/{upload.pk}", len(DATA), b"").status_code == 204
    taken = uploads.take(sender, upload.pk, PURPOSE)
    assert taken.path.read_bytes() == DATA
    with pytest.raises(GoneError):
        uploads.take(sender, upload.pk, PURPOSE)


@pytest.mark.django_db(transaction=True)
def test_two_that_take_at_once_get_it_once(sender: Any) -> None:
    upload = actions.receive(begun(sender), 0, Stream(DATA, MEBIBYTE))
    ended: list[str] = []
    done: set[str] = set()

    def taking() -> None:
        while threading.current_thread().name not in done:
            try:
                uploads.take(sender, upload.pk, PURPOSE)
                ended.append("taken")
            except GoneError:
                ended.append("gone")
            except OperationalError:
                # SQLite in memory, as tests have it, does not wait for another thread's lock.
                continue
            done.add(threading.current_thread().name)
        connection.close()

    threads = [threading.Thread(target=taking) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["gone", "gone", "gone", "taken"]


@pytest.mark.django_db(transaction=True)
def test_old_uploads_go_in_two_steps_so_that_a_jump_of_the_clock_loses_none(
    sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = actions.receive(begun(sender), 0, Stream(DATA[:100]))
    whole = actions.receive(begun(sender), 0, Stream(DATA, MEBIBYTE))
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=100))
    assert handing_over.sweep()["marked"] == 2
    with pytest.raises(GoneError, match="left for too long"):
        actions.receive(Upload.objects.get(pk=unfinished.pk), 100, Stream(DATA))
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert handing_over.sweep()["restored"] == 2
    assert {row.state for row in Upload.objects.all()} == {"open", "complete"}
    taken = uploads.take(sender, whole.pk, PURPOSE)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=4))
    stray = files.folder() / f"{uuid.uuid4()}.part"
    stray.write_bytes(b"left by a process that died")
    assert handing_over.sweep() == {"marked": 1, "restored": 0, "gone": 1, "strays": 1}
    assert not taken.path.exists()
    assert handing_over.sweep()["gone"] == 1
    assert not Upload.objects.exists()
    assert not [path for path in files.folder().rglob("*") if path.is_file()]


@pytest.mark.django_db(transaction=True)
def test_what_a_person_holds_goes_with_the_account(sender: Any) -> None:
    upload = actions.receive(begun(sender), 0, Stream(DATA[:100]))
    held = export_all(sender)["rooms"]["uploads"]
    assert [(each["file"], each["received"], each["bytes"]) for each in held] == [("film.mp4", 100, len(DATA))]
    with transaction.atomic():
        erase_all(sender)
    assert not Upload.objects.exists()
    assert not files.incoming(upload.pk).exists()


def test_a_form_without_script_brings_the_file_itself(sender: Any, settings: Any) -> None:
    def posted(**fields: Any) -> Any:
        request = RequestFactory().post("/", fields)
        request.user = sender
        return request

    taken = forms.from_form(posted(file=SimpleUploadedFile("../deck\u202e.pdf", DATA)), "file", PURPOSE)
    assert (taken.name, taken.bytes, taken.sha256) == ("deck.pdf", len(DATA), hashlib.sha256(DATA).hexdigest())
    assert taken.path.read_bytes() == DATA
    upload = actions.receive(begun(sender), 0, Stream(DATA, MEBIBYTE))
    assert forms.from_form(posted(file_upload=str(upload.pk)), "file", PURPOSE).sha256 == taken.sha256
    with pytest.raises(InputError, match="No file"):
        forms.from_form(posted(), "file", PURPOSE)
    with pytest.raises(InputError, match="empty"):
        forms.from_form(posted(file=SimpleUploadedFile("a.pdf", b"")), "file", PURPOSE)
    settings.DISK_RESERVE = 2**62
    with pytest.raises(StorageFullError):
        forms.from_form(posted(file=SimpleUploadedFile("a.pdf", b"x")), "file", PURPOSE)


def test_every_state_has_its_transitions() -> None:
    assert TRANSITIONS.keys() == set(Upload.State.values)


SENDER = """
import django, sys, time
django.setup()
from django.contrib.auth.models import User
from dataferry.server import uploads
from dataferry.server.uploads import actions
uploads.register_purpose("tests.parcel", most_bytes=2**30, permission="people.use_account")
user = User.objects.get_or_create(username="sender")[0]
actions.STEP = 100_000
class Endless:
    left = 30
    def read(self, size=-1):
        if not Endless.left:
            print(upload.pk, flush=True)
            time.sleep(600)
        Endless.left -= 1
        return b"0123456789" * 1000
upload = actions.begin(user, purpose="tests.parcel", length=10_000_000, file_name="a.bin")
actions.receive(upload, 0, Endless())
"""


def test_a_process_killed_in_the_middle_leaves_what_was_counted(migrated_house: dict[str, str]) -> None:
    """The lease runs out by itself; until then the same bytes are there, and not one more is believed."""
    house = {**migrated_house, "DATAFERRY_DISK_RESERVE": "0"}
    process = subprocess.Popen([sys.executable, "-c", SENDER], env=house, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    key = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait()
    looked = f"""
import time
from datetime import timedelta
from dataferry.server.uploads import actions, files
from dataferry.server.uploads.models import Upload
row = Upload.objects.get(pk="{key}")
on_disk = files.incoming(row.pk).stat().st_size
assert 0 < row.offset <= on_disk, (row.offset, on_disk)
assert row.offset == 300_000 and row.writer
class Rest:
    left = row.length - row.offset
    def read(self, size=-1):
        piece = (b"0123456789" * 10_000)[: Rest.left]
        Rest.left -= len(piece)
        return piece
actions.LEASE = timedelta(0)
done = actions.receive(row, row.offset, Rest())
print(done.state, done.sha256)
"""
    said = manage(house, "shell", "--verbosity", "0", "-c", looked).split()
    assert said == ["complete", hashlib.sha256(b"0123456789" * 1_000_000).hexdigest()]
