"""How a child ended, as an error of ours: what the watch decided, the child reported, or the kernel did."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import Any

from dataferry.messages import DataferryError, LimitError, RefusedError, UnavailableError
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.products.sandbox.watch import Outcome

_NO_MEMORY = ("resources exhausted", "memory allocation", "out of memory", "memoryerror", "cannot allocate", "malloc")


def raise_for(
    outcome: Outcome,
    limits: SandboxLimits,
    refused: Callable[[Mapping[str, Any]], DataferryError],
    stopped: Callable[[int, str], DataferryError],
) -> None:
    """Turn the end of a child into an error, or into nothing when it finished its answer.

    Args:
        refused: the error for what the child itself reported; it is not to be believed.
        stopped: the error for any other end, from the signal (0 = none) and the child's last words.

    Raises:
        LimitError: a limit was passed. UnavailableError: the run was cancelled. RefusedError: the child babbled.
        DataferryError: what `refused` and `stopped` make of the rest.
    """
    _raise_for_decision(outcome, limits)
    if outcome.refusal is not None:
        raise refused(outcome.refusal)
    if outcome.exit_code == 0 and outcome.done:
        return
    number = outcome.exit_code - 128 if outcome.exit_code > 128 else -outcome.exit_code
    words = outcome.errors.decode(errors="replace")
    if number == signal.SIGXCPU:
        raise LimitError("products.limit_cpu", limit=limits.cpu_seconds)
    if number == signal.SIGXFSZ:
        raise LimitError("products.limit_spill", limit=limits.spill_mib)
    if number == signal.SIGKILL or ran_out_of_memory(words):
        raise LimitError("products.limit_memory", limit=limits.memory_mib)
    raise stopped(max(number, 0), words)


def _raise_for_decision(outcome: Outcome, limits: SandboxLimits) -> None:
    match outcome.end:
        case "wall":
            raise LimitError("products.limit_wall", limit=limits.wall_seconds)
        case "memory":
            raise LimitError("products.limit_memory", limit=limits.memory_mib)
        case "bytes":
            raise LimitError("products.limit_bytes", limit=limits.result_mib)
        case "cancelled":
            raise UnavailableError("products.run_cancelled", retry=True)
        case "babble":
            raise RefusedError("products.answer_damaged", reason="report")


def ran_out_of_memory(words: str) -> bool:
    """Whether the last words of a child speak of memory."""
    return any(word in words.lower() for word in _NO_MEMORY)
