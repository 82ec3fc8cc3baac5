"""Threads inside kernels: every index is run once, by whoever is free."""
import ctypes
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels import native, pool

# Body: env[index] += index + 1, after some work that takes a while.
TEXT = """
declare void @autograd_lite_parallel(ptr, ptr, i64)
define internal void @body(ptr %env, i64 %index) {
entry:
  br label %loop
loop:
  %turn = phi i64 [ 0, %entry ], [ %next, %loop ]
  %next = add i64 %turn, 1
  %volatile = load volatile i64, ptr %env
  %again = icmp slt i64 %next, 200
  br i1 %again, label %loop, label %done
done:
  %place = getelementptr i64, ptr %env, i64 %index
  %old = load i64, ptr %place
  %one = add i64 %index, 1
  %new = add i64 %old, %one
  store i64 %new, ptr %place
  ret void
}
define internal void @outer(ptr %env, i64 %index) {
  %offset = mul i64 %index, 50
  %place = getelementptr i64, ptr %env, i64 %offset
  call void @autograd_lite_parallel(ptr @body, ptr %place, i64 50)
  ret void
}
define void @count(ptr %out, i64 %number) {
  call void @autograd_lite_parallel(ptr @body, ptr %out, i64 %number)
  ret void
}
define void @nested(ptr %out, i64 %number) {
  call void @autograd_lite_parallel(ptr @outer, ptr %out, i64 %number)
  ret void
}
"""


@pytest.fixture(scope="module")
def functions():
    signature = [ctypes.c_void_p, ctypes.c_int64]
    return native.load(TEXT, {"count": signature, "nested": signature})


@pytest.fixture(params=[1, 2, 5])
def threads(request):
    before = pool.threads()
    pool.set_threads(request.param)
    yield request.param
    pool.set_threads(before)


def counted(function, number):
    out = np.zeros(number, np.int64)
    function(out.ctypes.data, number)
    return out


def test_every_index_is_run_once(functions, threads):
    for number in (0, 1, 2, 3, 100, 1000):
        for _ in range(20):
            assert np.array_equal(counted(functions["count"], number), np.arange(1, number + 1))


def test_workers_that_slept_are_woken(functions, threads):
    for _ in range(5):
        threading.Event().wait(0.02)
        assert np.array_equal(counted(functions["count"], 64), np.arange(1, 65))


def test_a_body_may_use_threads_itself(functions, threads):
    out = np.zeros(200, np.int64)
    functions["nested"](out.ctypes.data, 4)
    assert np.array_equal(out, np.tile(np.arange(1, 51), 4))


def test_several_python_threads_may_call_at_the_same_time(functions, threads):
    wrong = []

    def call():
        for _ in range(50):
            if not np.array_equal(counted(functions["count"], 100), np.arange(1, 101)):
                wrong.append(1)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


# `hold` says that it has begun (env[1]) and waits for env[0]; `meet` notes its thread, and waits a while for a second one.
MEETING = """
declare void @autograd_lite_parallel(ptr, ptr, i64)
declare i64 @pthread_self()
declare i32 @sched_yield()
define internal void @held(ptr %env, i64 %index) {
entry:
  %begun = getelementptr i64, ptr %env, i64 1
  %before = atomicrmw add ptr %begun, i64 1 seq_cst
  br label %wait
wait:
  %yielded = call i32 @sched_yield()
  %flag = load atomic i64, ptr %env seq_cst, align 8
  %is_open = icmp ne i64 %flag, 0
  br i1 %is_open, label %done, label %wait
done:
  ret void
}
define internal void @met(ptr %env, i64 %index) {
entry:
  %self = call i64 @pthread_self()
  %place = getelementptr i64, ptr %env, i64 %index
  store atomic i64 %self, ptr %place seq_cst, align 8
  %other_index = sub i64 1, %index
  %other_place = getelementptr i64, ptr %env, i64 %other_index
  br label %wait
wait:
  %turn = phi i64 [ 0, %entry ], [ %next, %wait ]
  %yielded = call i32 @sched_yield()
  %next = add i64 %turn, 1
  %other = load atomic i64, ptr %other_place seq_cst, align 8
  %is_there = icmp ne i64 %other, 0
  %is_long = icmp sgt i64 %next, 200000
  %is_over = or i1 %is_there, %is_long
  br i1 %is_over, label %done, label %wait
done:
  ret void
}
define void @hold(ptr %env, i64 %number) {
  call void @autograd_lite_parallel(ptr @held, ptr %env, i64 %number)
  ret void
}
define void @meet(ptr %env, i64 %number) {
  call void @autograd_lite_parallel(ptr @met, ptr %env, i64 %number)
  ret void
}
"""


def test_nobody_helps_while_other_callers_need_the_processors():
    signature = [ctypes.c_void_p, ctypes.c_int64]
    functions = native.load(MEETING, {"hold": signature, "meet": signature})
    rooms, before = np.zeros((2, 2), np.int64), pool.threads()
    threads_met = lambda: (room := np.zeros(2, np.int64), functions["meet"](room.ctypes.data, 2), len(set(room.tolist())))[-1]

    def held(room, begun):
        caller = threading.Thread(target=functions["hold"], args=(room.ctypes.data, 2))
        caller.start()
        while room[1] < begun:
            threading.Event().wait(0.001)
        return caller

    pool.set_threads(2)
    try:
        assert threads_met() == 2
        first = held(rooms[0], 2)  # with the only helper
        second = held(rooms[1], 1)  # alone
        rooms[0, 0] = 1
        first.join()
        assert threads_met() == 1
        rooms[1, 0] = 1
        second.join()
        assert threads_met() == 2
    finally:
        rooms[:, 0] = 1
        pool.set_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_has_workers_of_its_own(functions, threads):
    child = os.fork()
    if child == 0:
        right = all(np.array_equal(counted(functions["count"], 300), np.arange(1, 301)) for _ in range(20))
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_kernel_needs_a_thread():
    with pytest.raises(ValueError, match="at least one thread, not 0"):
        pool.set_threads(0)


MANY_ASK = """
import threading, time
from autograd_lite.kernels import native, pool
made, module, create = [], native.module, pool._Pool
def slow(*arguments):
    time.sleep(0.1)
    return module(*arguments)
def counted(*arguments):
    made.append(1)
    return create(*arguments)
native.module, pool._Pool = slow, counted
threads = [threading.Thread(target=pool.address) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(made))
"""


def test_there_is_one_pool_however_many_threads_ask_for_it_first():
    ran = subprocess.run([sys.executable, "-c", MANY_ASK], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "1\n", ran.stderr
