"""`dataferry up` ends with one clear line when it cannot start, and leaves no child behind when it cannot go on."""

import json
import socket
import subprocess
import sys
import urllib.error
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from dataferry.cli import processes, up
from dataferry.messages import InputError, UnavailableError


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """`up` must be refused before it prepares anything."""
    monkeypatch.setattr(up, "_prepare", lambda _examples: pytest.fail("prepared"))
    for name in ("HOME", "EXAMPLES", "HOST", "PORT"):
        monkeypatch.setenv(f"DATAFERRY_{name}", "")
        monkeypatch.delenv(f"DATAFERRY_{name}")


def refused(ended: Any) -> str:
    assert ended.code != 0
    assert "Traceback" not in ended.err
    return str(json.loads(ended.out)["error"]["code"]) if ended.out else ended.err.split()[1]


def test_a_port_that_is_taken_is_told(command: Any, nothing_starts: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = command("up", "--home", "home", "--port", taken.getsockname()[1])
    assert refused(ended) == "server.portal.port_taken"


def test_a_home_that_cannot_be_made_is_told(command: Any, nothing_starts: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert refused(command("up", "--home", "file")) == "server.portal.home_unwritable"
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_home_in_use_is_told(command: Any, nothing_starts: None, tmp_path: Path) -> None:
    with up._only_one(tmp_path / "home"):
        assert refused(command("up", "--home", "home")) == "server.portal.already_up"


def test_examples_that_are_not_there_are_told(command: Any, nothing_starts: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refused(command("up", "--home", "home", "--port", port, "--examples", "none")) == "server.portal.no_examples"
    with pytest.raises(InputError):
        up._examples_folder("none")


def test_an_installation_without_the_server_says_what_to_install(
    command: Any, nothing_starts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "granian", None)
    assert refused(command("up")) == "server.portal.no_server"


class Ending:
    """A child that has ended, or not yet."""

    def __init__(self, *codes: int | None) -> None:
        self.codes = list(codes)
        self.starts = 1

    def ended(self) -> int | None:
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]

    def start(self) -> None:
        self.starts += 1


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up.time, "sleep", lambda _seconds: None)


def test_a_web_server_that_ends_at_once_is_not_waited_for() -> None:
    with pytest.raises(UnavailableError) as caught:
        up._wait_until_ready(Ending(3), "127.0.0.1", 9)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.data["code"]) == ("server.portal.web_stopped", 3)


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("city.example", "http://city.example:8000")],  # noqa: S104
)
def test_a_server_that_refuses_this_name_listens_all_the_same(
    host: str, address: str, monkeypatch: pytest.MonkeyPatch, no_waiting: None, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[Exception] = [
        ConnectionRefusedError(),
        urllib.error.HTTPError(address, 400, "no", Message(), None),
    ]
    asked = []

    def answer(url: str, timeout: float) -> None:
        asked.append(url)
        raise answers.pop(0)

    monkeypatch.setattr(up.urllib.request, "urlopen", answer)
    up._wait_until_ready(Ending(None), host, 8000)  # type: ignore[arg-type]
    assert asked == [f"{address}/healthz"] * 2
    assert address in capsys.readouterr().out


def test_a_server_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "READY_WITHIN", -1)
    with pytest.raises(UnavailableError) as caught:
        up._wait_until_ready(Ending(None), "127.0.0.1", 9)  # type: ignore[arg-type]
    assert caught.value.code == "server.portal.web_silent"


def test_a_worker_that_ends_is_started_again_ever_more_slowly_while_it_dies_young(
    monkeypatch: pytest.MonkeyPatch, no_waiting: None
) -> None:
    now = [0.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    starts = []

    class Dying(processes.Child):
        def start(self) -> None:
            starts.append(now[0])
            self.starts, self.started, self.process = self.starts + 1, now[0], Ended()  # type: ignore[assignment]

    class Ended:
        def poll(self) -> int | None:
            return 1 if now[0] - starts[-1] >= lives else None

    lives = 0.5
    worker = Dying("worker", [])
    worker.start()
    while now[0] < 300:
        now[0] += 0.5
        worker.revive()
    assert starts == [0, 0.5, 4.5, 12.5, 28.5, 60.5, 120.5, 180.5, 240.5]
    # One that had lived for a while is started at once.
    lives = processes.LIVED + 1
    while len(starts) < 10 or now[0] < starts[9] + lives:
        now[0] += 0.5
        worker.revive()
    worker.revive()
    assert starts[10:] == [starts[9] + lives]


def test_up_ends_with_its_web_server(no_waiting: None) -> None:
    class Worker:
        revived = 0

        def revive(self) -> None:
            self.revived += 1

    worker = Worker()
    with pytest.raises(UnavailableError):
        up._watch(Ending(*[None] * 5, 1), worker)  # type: ignore[arg-type]
    assert worker.revived == 5


def test_children_that_do_not_listen_are_killed() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    child = processes.Child("stubborn", [sys.executable, "-c", stubborn])
    never = processes.Child("never", ["/nonexistent"])
    assert never.ended() is None
    child.process = subprocess.Popen(child.command, stdout=subprocess.PIPE, start_new_session=True)
    assert child.process.stdout is not None
    with child.process.stdout as told:
        told.readline()
        processes.stop([child, never], patience=0.2)
    assert child.ended() == -9
    child.signal(15)
