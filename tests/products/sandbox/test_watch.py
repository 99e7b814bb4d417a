"""A child that babbles, boasts, or does not end is ended, and what it said is never believed without a check."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dataferry.products.sandbox.limits import MEBIBYTE, SandboxLimits
from dataferry.products.sandbox.watch import Outcome, Watch, descendants, is_running, resident_bytes

LIMITS = SandboxLimits(memory_mib=1024, wall_seconds=60, result_mib=1)
Start = Callable[..., Outcome]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Run a Python program as a child: `data` and `report` are its two pipes, `job` what it was given."""

    def run(program: str, job: bytes = b"job", **more: object) -> Outcome:
        lead = "import os, sys; data, report = int(sys.argv[1]), int(sys.argv[2]); job = sys.stdin.buffer.read()\n"
        argv = [sys.executable, "-c", lead + program, "{data}", "{report}"]
        return Watch(argv, job, tmp_path / "answer", LIMITS, {"PATH": os.defpath}, **more).run()  # type: ignore[arg-type]

    return run


def test_what_a_child_says_is_taken_to_the_last_byte(start: Start, tmp_path: Path) -> None:
    seen: list[int] = []
    outcome = start(
        'os.write(report, b\'{"event": "rows", "rows": 3}\\n{"event": "ro\')\n'
        "os.write(data, job[::-1])\n"
        'os.write(report, b\'ws", "rows": 5}\\n{"event": "news"}\\n{"event": "done"}\\n\')',
        progress=seen.append,
    )
    assert (outcome.end, outcome.exit_code, outcome.done, outcome.rows) == ("finished", 0, True, 5)
    assert seen == [3, 5]
    assert (tmp_path / "answer").read_bytes() == b"boj"


def test_a_refusal_and_last_words_are_kept(start: Start) -> None:
    outcome = start(
        'os.write(report, b\'{"event": "refused", "code": "x"}\\n\'); sys.stderr.write(\'e\' * 20000); sys.exit(3)'
    )
    assert outcome.refusal == {"event": "refused", "code": "x"}
    assert (outcome.exit_code, outcome.errors) == (3, b"e" * 8192)
    assert not outcome.done


@pytest.mark.parametrize(
    ("program", "end"),
    [
        ("os.write(report, b'hello\\n'); sys.stdin.close(); import time; time.sleep(600)", "babble"),
        ("os.write(report, b'[]\\n')", "babble"),
        ("os.write(report, b'[' * 60000 + b'\\n')", "babble"),
        ("[os.write(report, b' ' * 4096) for _ in range(40)]", "babble"),
        ("[os.write(data, b' ' * 65536) for _ in range(40)]", "bytes"),
        ("held = bytearray(1200 << 20); import time; time.sleep(600)", "memory"),
    ],
)
def test_a_child_that_breaks_the_rules_is_ended(start: Start, tmp_path: Path, program: str, end: str) -> None:
    outcome = start(program)
    assert outcome.end == end
    assert not outcome.done
    assert (tmp_path / "answer").stat().st_size <= MEBIBYTE


def test_a_child_that_closes_its_pipes_and_stays_is_still_ended(start: Start) -> None:
    asked = iter([False, False, True])
    outcome = start(
        "os.close(data); os.close(report); os.close(2); import time; time.sleep(600)",
        cancelled=lambda: next(asked, True),
    )
    assert outcome.end == "cancelled"
    assert outcome.exit_code < 0


def test_a_child_that_reads_nothing_ends_by_itself(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import os, sys; os.close(0); os.write(int(sys.argv[1]), b'x')", "{data}", "{report}"]
    outcome = Watch(argv, b"j" * MEBIBYTE, tmp_path / "answer", LIMITS, {}).run()
    assert (outcome.end, outcome.done) == ("finished", False)
    assert (tmp_path / "answer").read_bytes() == b"x"


def test_nothing_that_a_child_started_outlives_it(start: Start, tmp_path: Path) -> None:
    mark = tmp_path / "grandchild"
    outcome = start(
        "import subprocess, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(mark)!r}, 'w').write(str(other.pid))\n"
        "os.write(report, b'nonsense\\n'); time.sleep(600)"
    )
    assert outcome.end == "babble"
    assert not is_running(int(mark.read_text()))


def test_a_program_that_is_not_there_leaves_no_pipe_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(FileNotFoundError):
        Watch(["/nonexistent/program"], b"", tmp_path / "answer", LIMITS, {}).run()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_that_is_gone_holds_nothing() -> None:
    gone = 2**22 + 1
    assert not is_running(gone)
    assert is_running(os.getpid())
    assert descendants(gone) == []
    assert resident_bytes(gone) == 0
    assert resident_bytes(os.getpid()) > 0
