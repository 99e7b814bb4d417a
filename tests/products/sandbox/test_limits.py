"""The kernel holds a process to its limits, and a process cannot give itself more."""

import json
import subprocess
import sys
from typing import Any

import pytest

from dataferry.products.sandbox.limits import MEBIBYTE, SandboxLimits

PROGRAM = """\
import json, resource as r, sys
from dataferry.products.sandbox.limits import SandboxLimits, limit_this_process
before = {line.split(":")[0]: line.split()[1] for line in open("/proc/self/status") if line.startswith("VmData")}
if len(sys.argv) > 1:
    r.setrlimit(r.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
limit_this_process(SandboxLimits(memory_mib=256, cpu_seconds=7, spill_mib=3))
told = {name: r.getrlimit(getattr(r, "RLIMIT_" + name)) for name in ("DATA", "CPU", "FSIZE", "NOFILE", "CORE")}
told["before"] = int(before["VmData"]) * 1024
try:
    bytearray(700 * 1024 * 1024)
    told["allocated"] = True
except MemoryError:
    told["allocated"] = False
print(json.dumps(told))
"""


def limited(*words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_each_limit_is_set_for_good() -> None:
    told = limited()
    assert told["CPU"] == [7, 9]
    assert told["FSIZE"] == [3 * MEBIBYTE, 3 * MEBIBYTE]
    assert told["CORE"] == [0, 0]
    assert told["NOFILE"][1] <= 1024
    soft, hard = told["DATA"]
    assert soft == hard
    assert soft >= told["before"] + 256 * MEBIBYTE
    assert not told["allocated"]


def test_a_lower_limit_that_is_there_already_stays() -> None:
    assert limited("5")["CPU"] == [5, 5]


@pytest.mark.parametrize("memory_mib", [1, 64, 512, 2048, 65536])
def test_the_engine_s_pool_leaves_room_for_the_child_itself(memory_mib: int) -> None:
    pool = SandboxLimits(memory_mib=memory_mib).pool_bytes
    assert pool >= 64 * MEBIBYTE
    assert pool == 64 * MEBIBYTE or pool < memory_mib * MEBIBYTE
