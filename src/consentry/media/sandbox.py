"""Giving up rights for good: no new file, socket or program, little memory and time. Linux on x86-64 and AArch64.

A seccomp filter lists what is refused (with EPERM); where it cannot be set, we stop rather than go on without it.
"""

import ctypes
import platform
import resource
import struct

MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_CPU_S = 5
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # _REFUSE answers EPERM (1)
_X32_BIT = 0x40000000
_JUMP_GREATER_EQUAL = 0x35
_FIRST_ARGUMENT = 16  # in the kernel's `seccomp_data`; its lower half, as both machines write it first

# Names beside numbers from the kernel's tables: audit architecture, `prlimit64`, then what is refused. A process may be
# reached by its number in many ways (signals, its limits, memory that is shared by name), a file by old and new calls.
_ARCHITECTURES: dict[str, tuple[int, int, dict[str, int]]] = {
    "x86_64": (0xC000003E, 302, {
        "open": 2, "openat": 257, "openat2": 437, "creat": 85, "socket": 41, "socketpair": 53, "connect": 42,
        "bind": 49, "listen": 50, "sendto": 44, "sendmsg": 46, "execve": 59, "execveat": 322, "fork": 57, "vfork": 58,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kill": 62, "tgkill": 234, "unlink": 87,
        "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "chmod": 90, "mount": 165, "unshare": 272,
        "io_uring_setup": 425, "bpf": 321, "keyctl": 250, "open_by_handle_at": 304, "truncate": 76, "link": 86,
        "symlink": 88, "mkdir": 83, "rmdir": 84, "setns": 308, "pidfd_getfd": 438, "mkdirat": 258, "mknod": 133,
        "mknodat": 259, "symlinkat": 266, "linkat": 265, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "lchown": 94,
        "fchownat": 260, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280, "setxattr": 188,
        "lsetxattr": 189, "removexattr": 197, "lremovexattr": 198, "tkill": 200, "rt_sigqueueinfo": 129,
        "rt_tgsigqueueinfo": 297, "pidfd_open": 434, "pidfd_send_signal": 424, "process_madvise": 440, "kcmp": 312,
        "shmget": 29, "shmat": 30, "shmctl": 31, "msgget": 68, "semget": 64, "mq_open": 240, "add_key": 248,
        "request_key": 249, "perf_event_open": 298, "userfaultfd": 323, "inotify_init": 253, "inotify_init1": 294,
        "fanotify_init": 300, "umount2": 166, "pivot_root": 155, "chroot": 161, "fsopen": 430, "open_tree": 428,
        "move_mount": 429, "mount_setattr": 442,
    }),
    "aarch64": (0xC00000B7, 261, {
        "openat": 56, "openat2": 437, "socket": 198, "socketpair": 199, "connect": 203, "bind": 200, "listen": 201,
        "sendto": 206, "sendmsg": 211, "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_readv": 270,
        "process_vm_writev": 271, "kill": 129, "tgkill": 131, "unlinkat": 35, "renameat": 38, "renameat2": 276,
        "mount": 40, "unshare": 97, "io_uring_setup": 425, "bpf": 280, "keyctl": 219, "open_by_handle_at": 265,
        "truncate": 45, "mkdirat": 34, "setns": 268, "pidfd_getfd": 438, "mknodat": 33, "symlinkat": 36, "linkat": 37,
        "fchmodat": 53, "fchmodat2": 452, "fchownat": 54, "utimensat": 88, "setxattr": 5, "lsetxattr": 6,
        "removexattr": 14, "lremovexattr": 15, "tkill": 130, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240,
        "pidfd_open": 434, "pidfd_send_signal": 424, "process_madvise": 440, "kcmp": 272, "shmget": 194, "shmat": 196,
        "shmctl": 195, "msgget": 186, "semget": 190, "mq_open": 180, "add_key": 217, "request_key": 218,
        "perf_event_open": 241, "userfaultfd": 282, "inotify_init1": 26, "fanotify_init": 262, "umount2": 39,
        "pivot_root": 41, "chroot": 51, "fsopen": 430, "open_tree": 428, "move_mount": 429, "mount_setattr": 442,
    }),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def give_up_rights(
    *,
    max_memory_bytes: int = MAX_MEMORY_BYTES,
    max_cpu_s: int | None = MAX_CPU_S,
    max_file_bytes: int = 0,
    keep: frozenset[str] = frozenset(),
) -> None:
    """Bound memory, time and files, then refuse system calls for good; OSError when that cannot be done.

    `max_cpu_s` None is for a child that works as long as its camera plays; its parent bounds it by other means.
    `max_file_bytes`: how long a file may grow that the child was started with, if it was.
    `keep`: calls that stay allowed, by name, for a child that needs the one socket it was started with.
    """
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    if max_cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (max_cpu_s, max_cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(f"no filter of system calls is written for {machine}")
    libc = ctypes.CDLL(None, use_errno=True)
    audit, limits, calls = _ARCHITECTURES[machine]
    code = _filter_for(audit, limits, {name: number for name, number in calls.items() if name not in keep})
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "system calls cannot be filtered")


def _filter_for(audit_architecture: int, limits: int, refused: dict[str, int]) -> bytes:
    """BPF: another architecture is killed, x32 and the listed calls are refused, the rest is allowed.

    `limits` (prlimit64) is allowed of one's own process (0) alone: every start of a thread asks for those.
    """
    lines = [
        (_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, audit_architecture), (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0), (_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), (_RETURN, 0, 0, _REFUSE),
    ]  # fmt: skip
    for number in sorted(refused.values()):
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    own = [(_LOAD, 0, 0, _FIRST_ARGUMENT), (_JUMP_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _REFUSE)]
    lines += [(_JUMP_EQUAL, 0, len(own), limits), *own, (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
