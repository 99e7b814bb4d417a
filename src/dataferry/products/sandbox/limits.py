"""What one recipe may use. The parent enforces wall clock, memory and bytes; the kernel CPU time, files and memory."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024
_ENGINE_AT_REST_MIB = 160
"""What the child holds before the query starts (measured: 60 MiB bare, 130 MiB with the geometry functions)."""
_SLACK_MIB = 128
"""Stacks of the engine's threads, mapped and hardly touched."""


@dataclass(frozen=True)
class SandboxLimits:
    """Bounds of one run.

    Args:
        memory_mib: memory of the child, of which the engine's own pool gets what the child itself does not need.
        cpu_seconds: CPU time of all threads together.
        wall_seconds: time on the clock.
        rows: rows of the answer.
        result_mib: bytes of the answer.
        spill_mib: bytes the engine may spill to a private folder.
        threads: partitions that work at the same time; `None` = as many as there are processors.
    """

    memory_mib: int = 2048
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    rows: int = 10_000_000
    result_mib: int = 4096
    spill_mib: int = 4096
    threads: int | None = None

    @property
    def pool_bytes(self) -> int:
        """The engine's pool: three quarters of what is left beside the child itself."""
        return max(64, (self.memory_mib - _ENGINE_AT_REST_MIB) * 3 // 4) * MEBIBYTE


def limit_this_process(limits: SandboxLimits) -> None:
    """Set the kernel's limits on this process; they cannot be raised again.

    RLIMIT_DATA counts writable mappings, touched or not; what is mapped now (a gibibyte that the engine's allocator
    sets aside when it is loaded) comes on top of the limit. RLIMIT_AS would count every library besides.
    """
    writable = _mapped_for_writing() + (limits.memory_mib + _SLACK_MIB) * MEBIBYTE
    bounds = {
        resource.RLIMIT_DATA: (writable, writable),
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 2),
        resource.RLIMIT_FSIZE: (limits.spill_mib * MEBIBYTE,) * 2,
        resource.RLIMIT_NOFILE: (1024, 1024),
        resource.RLIMIT_CORE: (0, 0),
    }
    for which, (soft, hard) in bounds.items():
        ceiling = resource.getrlimit(which)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(which, (soft, hard))


def _mapped_for_writing() -> int:
    """Bytes of this process that RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
