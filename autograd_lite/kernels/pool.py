"""Threads inside kernels: `autograd_lite_parallel(body, env, count)` calls `body(env, index)` for every index below `count`.

Every thread has a share of the indices, the same one of equal counts, so that it finds in the cache of its processor what it wrote there
in a call before; whoever is through with its own share takes what is left of the others', one by one. So a body must compute the same
whoever runs it: results do not depend on the number of threads. A call starts in about a microsecond, because workers look for the next
job for a while before they sleep. While one call has the workers, calls from other threads (and from within bodies) run their indices
alone; these threads keep processors busy, so there is help for one thread less each.

The workers are threads of the system, not of Python; they are made at the first call, and anew in a forked child. Where there are no POSIX
threads (Windows) every call runs alone.
"""
from __future__ import annotations

import ctypes
import os
import platform
import sys
import threading

from autograd_lite.kernels import native

__all__ = ["address", "set_threads", "threads"]

MOST_THREADS = 64
SPINS = 3000  # looks for a new job before a worker sleeps: 50 to 150 microseconds, by processor
# Offsets of the fields of the control block. Those that several threads write to have a cache line of their own.
FIELDS = {"job": 0, "sleepers": 64, "owner": 128, "open": 192, "active": 256, "body": 320, "env": 328, "count": 336, "shares": 344,
          "helpers": 352, "wanted": 360, "mutex": 384, "signal": 512, "callers": 576, "next": 640}
LINE_BYTES = 64
CONTROL_BYTES = FIELDS["next"] + MOST_THREADS * LINE_BYTES  # `next`, the next index of a share, stands there once for each share

TEXT = """
@control = internal global [{size} x i8] zeroinitializer, align 64
{declarations}
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(ptr)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @sched_yield()
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; Where the next index of a share stands.
define internal ptr @next_of(i64 %share) alwaysinline {{
  %offset = mul i64 %share, {line}
  %place = getelementptr inbounds i8, ptr {next}, i64 %offset
  ret ptr %place
}}

; Where a share begins; the one before ends there.
define internal i64 @begin_of(i64 %share) alwaysinline {{
  %count = load i64, ptr {count}
  %shares = load i64, ptr {shares}
  %product = mul i64 %share, %count
  %begin = udiv i64 %product, %shares
  ret i64 %begin
}}

; Run what is left of the open job: first of the share of this thread, then of the others.
define internal void @take_part(i64 %number) {{
entry:
  %body = load ptr, ptr {body}
  %env = load ptr, ptr {env}
  %shares = load i64, ptr {shares}
  %own = urem i64 %number, %shares
  br label %begin
begin:
  %share = phi i64 [ %own, %entry ], [ %wrapped, %through ]
  %seen = phi i64 [ 1, %entry ], [ %more, %through ]
  %place = call ptr @next_of(i64 %share)
  %following = add i64 %share, 1
  %end = call i64 @begin_of(i64 %following)
  br label %again
again:
  %index = atomicrmw add ptr %place, i64 1 seq_cst
  %is_left = icmp slt i64 %index, %end
  br i1 %is_left, label %work, label %through
work:
  call void %body(ptr %env, i64 %index)
  br label %again
through:
  %wrapped = urem i64 %following, %shares
  %more = add i64 %seen, 1
  %are_left = icmp ule i64 %more, %shares
  br i1 %are_left, label %begin, label %done
done:
  ret void
}}

; A worker, which has a number: wait for a new job, join it while it is open, and so on for ever.
define internal ptr @worker(ptr %given) {{
entry:
  %number = ptrtoint ptr %given to i64
  br label %wait
wait:
  %last = phi i32 [ 0, %entry ], [ %job, %joined ], [ %job, %late ], [ %job, %leave ]
  br label %look
look:
  %looks = phi i32 [ 0, %wait ], [ %more, %idle ], [ 0, %awake ]
  %job = load atomic i32, ptr {job} seq_cst, align 4
  %is_new = icmp ne i32 %job, %last
  br i1 %is_new, label %join, label %idle
idle:
  {pause}
  %more = add i32 %looks, 1
  %is_tired = icmp sgt i32 %more, {spins}
  br i1 %is_tired, label %sleep, label %look
sleep:
  %sleepers = atomicrmw add ptr {sleepers}, i32 1 seq_cst
  %locked = call i32 @pthread_mutex_lock(ptr {mutex})
  br label %still
still:
  %now = load atomic i32, ptr {job} seq_cst, align 4
  %is_same = icmp eq i32 %now, %last
  br i1 %is_same, label %nap, label %wake
nap:
  %napped = call i32 @pthread_cond_wait(ptr {signal}, ptr {mutex})
  br label %still
wake:
  %unlocked = call i32 @pthread_mutex_unlock(ptr {mutex})
  %others = atomicrmw sub ptr {sleepers}, i32 1 seq_cst
  br label %awake
awake:
  br label %look
join:
  %before = atomicrmw add ptr {active}, i32 1 seq_cst
  %wanted = load i32, ptr {wanted}
  %is_wanted = icmp slt i32 %before, %wanted
  br i1 %is_wanted, label %enter, label %leave
enter:
  %open = load atomic i32, ptr {open} seq_cst, align 4
  %is_open = icmp ne i32 %open, 0
  br i1 %is_open, label %joined, label %late
joined:
  call void @take_part(i64 %number)
  %left = atomicrmw sub ptr {active}, i32 1 seq_cst
  br label %wait
late:
  %gone = atomicrmw sub ptr {active}, i32 1 seq_cst
  br label %wait
leave:
  %went = atomicrmw sub ptr {active}, i32 1 seq_cst
  br label %wait
}}

define void @autograd_lite_parallel(ptr %body, ptr %env, i64 %count) {{
entry:
  %helpers = load i32, ptr {helpers}
  %has_helpers = icmp sgt i32 %helpers, 0
  %has_several = icmp sgt i64 %count, 1
  %is_worth_it = and i1 %has_helpers, %has_several
  br i1 %is_worth_it, label %claim, label %alone
claim:
  %callers = atomicrmw add ptr {callers}, i32 1 seq_cst
  %free = sub i32 %helpers, %callers
  %is_free = icmp sgt i32 %free, 0
  br i1 %is_free, label %own, label %alone
own:
  %pair = cmpxchg ptr {owner}, i32 0, i32 1 seq_cst seq_cst
  %is_ours = extractvalue {{ i32, i1 }} %pair, 1
  br i1 %is_ours, label %begin, label %alone
begin:
  store ptr %body, ptr {body}
  store ptr %env, ptr {env}
  store i64 %count, ptr {count}
  store i32 %free, ptr {wanted}
  %others = zext i32 %free to i64
  %shares = add i64 %others, 1
  store i64 %shares, ptr {shares}
  br label %deal
deal:
  %share = phi i64 [ 0, %begin ], [ %next_share, %deal ]
  %place = call ptr @next_of(i64 %share)
  %first = call i64 @begin_of(i64 %share)
  store atomic i64 %first, ptr %place seq_cst, align 8
  %next_share = add i64 %share, 1
  %is_dealt = icmp eq i64 %next_share, %shares
  br i1 %is_dealt, label %start, label %deal
start:
  store atomic i32 1, ptr {open} seq_cst, align 4
  %job = atomicrmw add ptr {job}, i32 1 seq_cst
  %sleepers = load atomic i32, ptr {sleepers} seq_cst, align 4
  %somebody_sleeps = icmp ne i32 %sleepers, 0
  br i1 %somebody_sleeps, label %rouse, label %run
rouse:
  %locked = call i32 @pthread_mutex_lock(ptr {mutex})
  %roused = call i32 @pthread_cond_broadcast(ptr {signal})
  %unlocked = call i32 @pthread_mutex_unlock(ptr {mutex})
  br label %run
run:
  call void @take_part(i64 0)
  store atomic i32 0, ptr {open} seq_cst, align 4
  br label %wait
wait:
  %looks = phi i32 [ 0, %run ], [ %more, %pausing ], [ 0, %yielding ]
  %active = load atomic i32, ptr {active} seq_cst, align 4
  %is_over = icmp eq i32 %active, 0
  br i1 %is_over, label %end, label %still_busy
still_busy:
  %more = add i32 %looks, 1
  %is_long = icmp sgt i32 %more, {spins}
  br i1 %is_long, label %yielding, label %pausing
pausing:
  {pause}
  br label %wait
yielding:
  %yielded = call i32 @sched_yield()
  br label %wait
end:
  store atomic i32 0, ptr {owner} seq_cst, align 4
  br label %leave
alone:
  %counted = phi i1 [ false, %entry ], [ true, %claim ], [ true, %own ]
  %any = icmp sgt i64 %count, 0
  br i1 %any, label %next, label %nothing
next:
  %index = phi i64 [ 0, %alone ], [ %following, %next ]
  call void %body(ptr %env, i64 %index)
  %following = add i64 %index, 1
  %is_left = icmp slt i64 %following, %count
  br i1 %is_left, label %next, label %nothing
nothing:
  br i1 %counted, label %leave, label %over
leave:
  %callers_left = atomicrmw sub ptr {callers}, i32 1 seq_cst
  br label %over
over:
  ret void
}}

; Forget all workers (after a fork, when they are not there) and be ready.
define void @reset() {{
  call void @llvm.memset.p0.i64(ptr @control, i8 0, i64 {size}, i1 false)
  %mutex = call i32 @pthread_mutex_init(ptr {mutex}, ptr null)
  %signal = call i32 @pthread_cond_init(ptr {signal}, ptr null)
  ret void
}}

; One more worker, with a number above 0; 0 if the system made it.
define i32 @add_worker(i64 %number) {{
  %thread = alloca ptr
  %given = inttoptr i64 %number to ptr
  %status = call i32 @pthread_create(ptr %thread, ptr null, ptr @worker, ptr %given)
  %is_made = icmp eq i32 %status, 0
  br i1 %is_made, label %made, label %end
made:
  %name = load ptr, ptr %thread
  %detached = call i32 @pthread_detach(ptr %name)
  br label %end
end:
  ret i32 %status
}}

; How many workers may help at a time.
define void @allow(i32 %helpers) {{
  store i32 %helpers, ptr {helpers}
  ret void
}}
"""

ALONE = """
define void @autograd_lite_parallel(ptr %body, ptr %env, i64 %count) {
entry:
  %any = icmp sgt i64 %count, 0
  br i1 %any, label %next, label %nothing
next:
  %index = phi i64 [ 0, %entry ], [ %following, %next ]
  call void %body(ptr %env, i64 %index)
  %following = add i64 %index, 1
  %is_left = icmp slt i64 %following, %count
  br i1 %is_left, label %next, label %nothing
nothing:
  ret void
}
"""
PAUSES = {"x86_64": "llvm.x86.sse2.pause()", "amd64": "llvm.x86.sse2.pause()", "aarch64": "llvm.aarch64.hint(i32 1)",
          "arm64": "llvm.aarch64.hint(i32 1)"}


class _Pool:
    """The code of the pool, and the workers made so far."""

    def __init__(self, module: native.Module, has_threads: bool) -> None:
        self.module = module
        self.has_threads = has_threads
        self.workers = 0
        self.lock = threading.Lock()
        if has_threads:
            # Workers run this code until the process is gone, after Python has forgotten it.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(module))
            self.reset = module.function("reset", ctypes.PYFUNCTYPE(None))
            self.add_worker = module.function("add_worker", ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_int64))
            self.allow = module.function("allow", ctypes.PYFUNCTYPE(None, ctypes.c_int32))
            self.reset()
            os.register_at_fork(after_in_child=self.after_fork)

    def resize(self) -> None:
        """Let as many threads work as are wanted, the calling one among them."""
        if not self.has_threads:
            return
        with self.lock:
            helpers = _wanted[0] - 1
            while self.workers < helpers and self.add_worker(self.workers + 1) == 0:
                self.workers += 1
            self.allow(min(helpers, self.workers))

    def after_fork(self) -> None:
        """In a forked child: there are no workers any more."""
        self.lock = threading.Lock()
        self.workers = 0
        self.reset()
        self.resize()


def _default_threads() -> int:
    """As many as there are processors for this process, or as OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return min(int(asked), MOST_THREADS)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, MOST_THREADS)


_wanted = [_default_threads()]
_pools: list[_Pool] = []  # the one there is: a second would take the workers of the first from under their feet
_making = threading.Lock()


def _forked() -> None:
    global _making
    _making = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _pool() -> _Pool:
    with _making:
        if not _pools:
            has_threads = sys.platform != "win32"
            _pools.append(_Pool(native.module(_text() if has_threads else ALONE), has_threads))
            _pools[0].resize()
    return _pools[0]


def _text() -> str:
    places = {name: f"getelementptr inbounds (i8, ptr @control, i64 {offset})" for name, offset in FIELDS.items()}
    pause = PAUSES.get(platform.machine().lower())
    declaration = f"declare void @{pause.replace('i32 1', 'i32')}" if pause else ""
    pause = f"call void @{pause}" if pause else ""
    return TEXT.format(size=CONTROL_BYTES, declarations=declaration, pause=pause, spins=SPINS, line=LINE_BYTES, **places)


def address(symbol: str = "autograd_lite_parallel") -> int:
    """Return the address of this function of the pool, which is made if it is not there yet."""
    return _pool().module.address(symbol)


def threads() -> int:
    """Return how many threads a kernel may use."""
    return _wanted[0]


def set_threads(count: int) -> None:
    """Let kernels use this many threads from now on, in the whole process.

    Raises: ValueError unless `count` is at least 1.
    """
    if count < 1:
        raise ValueError(f"A kernel needs at least one thread, not {count}.")
    _wanted[0] = min(count, MOST_THREADS)
    if _pools:
        _pools[0].resize()
