"""What the child does to itself before it looks at a recipe: Landlock on files, seccomp on system calls.

Both bind the calling thread and those it starts, so they are applied while there is one thread only. Under bubblewrap
they come on top of the namespaces; without bubblewrap they are the confinement.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import errno
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataferry.products.sandbox.limits import SandboxLimits, limit_this_process

_PR_SET_PDEATHSIG = 1
_CLONE_THREAD = 0x00010000

_NETWORK = "socket connect bind listen accept accept4 sendto sendmsg sendmmsg"
_PROGRAMS = "execve execveat fork vfork ptrace process_vm_readv process_vm_writev kcmp"
_SIGNALS = "kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_open pidfd_getfd"
_KERNEL = """
    bpf perf_event_open io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key userfaultfd unshare
    setns mount umount2 pivot_root chroot swapon swapoff reboot kexec_load init_module finit_module delete_module
    open_by_handle_at name_to_handle_at fanotify_init move_mount open_tree fsopen fsmount mount_setattr setpriority
    ioprio_set sched_setscheduler sched_setattr settimeofday clock_settime adjtimex syslog acct quotactl"""
_SHARED = "shmget shmat semget msgget mq_open"
_FILES = """
    chmod fchmod fchmodat chown fchown lchown fchownat link linkat symlink symlinkat mknod mknodat setxattr lsetxattr
    fsetxattr removexattr lremovexattr fremovexattr"""
DENIED: tuple[str, ...] = tuple(" ".join([_NETWORK, _PROGRAMS, _SIGNALS, _KERNEL, _SHARED, _FILES]).split())
"""System calls that answer "not permitted"; computing, reading what is open and threads go on."""


def lock_down(job: Mapping[str, Any]) -> None:
    """Bind this process to what its job says: the kernel's limits, then its files, then its system calls.

    Raises:
        RuntimeError: a second thread runs, which the locks would not bind.
    """
    wanted = job["lockdown"]
    limit_this_process(SandboxLimits(**job["limits"]))
    if wanted["die_with_parent"]:
        die_with_parent()
    if wanted["landlock"] or wanted["seccomp"]:
        threads = threads_of_this_process()
        if threads != 1:
            raise RuntimeError(f"{threads} threads before the lock")
    if wanted["landlock"]:
        lock_files(wanted["read"], wanted["write"])
    if wanted["seccomp"]:
        lock_calls()


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def threads_of_this_process() -> int:
    """How many threads run here, as the kernel counts them."""
    return len(list(Path("/proc/self/task").iterdir()))


def landlock_version() -> int:
    """The kernel's Landlock ABI; 0 when it has none or the package is missing."""
    with contextlib.suppress(ImportError, OSError):
        from landlock import landlock_abi_version

        return int(landlock_abi_version())
    return 0


def seccomp_present() -> bool:
    """Whether system calls can be filtered here."""
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        return hasattr(_seccomp(), "SyscallFilter")
    return False


def _seccomp() -> Any:
    """The seccomp package. It looks for its library by starting programs, which there are none of in the sandbox."""
    search = ctypes.util.find_library
    ctypes.util.find_library = {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}.get  # type: ignore[assignment]
    try:
        import pyseccomp
    finally:
        ctypes.util.find_library = search
    return pyseccomp


def lock_files(read: Sequence[str], write: Sequence[str]) -> None:
    """From here on, only these folders and files can be opened, the second kind also for writing."""
    from landlock import FSAccess, Ruleset

    of_file = FSAccess.READ_FILE
    of_folder = FSAccess.READ_FILE | FSAccess.READ_DIR
    of_spill = FSAccess.all() & ~(
        FSAccess.EXECUTE | FSAccess.MAKE_CHAR | FSAccess.MAKE_BLOCK | FSAccess.MAKE_SOCK | FSAccess.MAKE_SYM
    )
    ctypes.set_errno(0)
    rules = Ruleset()
    for path in read:
        with contextlib.suppress(FileNotFoundError):
            rules.allow(path, rules=of_folder if Path(path).is_dir() else of_file)
    for path in write:
        rules.allow(path, rules=of_spill)
    rules.apply()


def lock_calls() -> None:
    """From here on: no network, no new programs or processes, no signals to others, no kernel doors."""
    pyseccomp = _seccomp()
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    not_permitted = pyseccomp.ERRNO(errno.EPERM)
    for name in DENIED:
        with contextlib.suppress(ValueError, OSError):
            rules.add_rule(not_permitted, name)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(not_permitted, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(not_permitted, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    rules.add_rule(not_permitted, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    rules.load()
