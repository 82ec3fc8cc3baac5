"""From LLVM's assembly text to functions that Python can call.

`load` compiles a text for this processor, or takes the machine code from the cache on disk if the same text was compiled before by the
same LLVM for the same processor. Everything here needs the extra `fast` (llvmlite); `installed()` says whether it is there.
"""
from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autograd_lite.core import optional
from autograd_lite.kernels import cache

__all__ = [
    "Module", "NotCompiledError", "Target", "installed", "load", "load_builtin", "load_kernels", "module", "target", "without_compiling",
]  # fmt: skip

OPTIMIZATION_LEVEL = 2
# What the short pipeline does, in this order. Vectors, unrolled loops and what is computed once are written out by the generators already;
# LLVM's whole pipeline takes three times as long and makes the same of them.
SHORT = ("always_inliner", "sroa", "simplify_cfg", "instruction_combine")
# Functions that assembly texts may declare and call -> the module of this folder whose `address(symbol)` says where they are.
PROVIDERS = {"autograd_lite_parallel": "pool", "autograd_lite_allocate": "memory", "autograd_lite_release": "memory"}
_provided: set[str] = set()
_compiling = threading.RLock()  # LLVM's global context is not made for two threads
_modules: weakref.WeakValueDictionary[str, Module] = weakref.WeakValueDictionary()  # by key: what is in use is not loaded twice


class Target(NamedTuple):
    """The processor that code is compiled for."""

    cpu: str
    features: str

    @property
    def has_wide_vectors(self) -> bool:
        """Whether vectors of 512 bits are there."""
        return "+avx512f" in self.features.split(",")


def _forked() -> None:
    """In a forked child: nobody compiles."""
    global _compiling
    _compiling = threading.RLock()


if hasattr(os, "register_at_fork"):  # a fork waits for a compilation: LLVM's own locks would stay closed in the child for ever
    os.register_at_fork(before=lambda: _compiling.acquire(), after_in_parent=lambda: _compiling.release(), after_in_child=_forked)


class NotCompiledError(Exception):
    """Machine code is not there yet, and nothing shall be compiled."""


class _Patience(threading.local):
    """Whether this thread waits for compilations."""

    waits = True


_patience = _Patience()


@contextlib.contextmanager
def without_compiling() -> Iterator[None]:
    """In this context `module` takes what is in memory or on the disk, in this thread, and raises NotCompiledError for everything else."""
    before, _patience.waits = _patience.waits, False
    try:
        yield
    finally:
        _patience.waits = before


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock on LLVM, which may mean to wait for a compilation."""
    if not _compiling.acquire(blocking=_patience.waits):
        raise NotCompiledError
    try:
        yield
    finally:
        _compiling.release()


class Module:
    """Machine code in memory. It lives as long as somebody holds it; a function made from it holds it."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def address(self, name: str) -> int:
        """The address of a function of this name, 0 if there is none."""
        return self._engine.get_function_address(name)

    def function(self, name: str, kind: Any) -> Callable[..., Any]:
        """The function of this name, called as `kind` says (a ctypes prototype)."""
        function = kind(self.address(name))
        function.module = self
        return function


def installed() -> bool:
    """Return whether kernels can be compiled here: llvmlite is installed and AUTOGRAD_LITE_KERNELS does not say "off".

    Nothing is imported to find out.
    """
    if os.environ.get("AUTOGRAD_LITE_KERNELS", "").lower() in ("off", "0", "no"):
        return False
    return _llvmlite_is_there()


@functools.lru_cache(maxsize=1)
def _llvmlite_is_there() -> bool:
    return importlib.util.find_spec("llvmlite") is not None


@functools.lru_cache(maxsize=1)
def _llvm() -> Any:
    """The binding of llvmlite, ready to use."""
    llvm = optional.load("llvmlite.binding")
    with contextlib.suppress(RuntimeError):  # since llvmlite 0.45 this is done already, and asking for it is an error
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@functools.lru_cache(maxsize=1)
def target() -> Target:
    """Return the processor of this machine, as LLVM names it."""
    llvm = _llvm()
    return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


def _provide(text: str) -> None:
    """Make known what a text calls outside itself; LLVM ends the process where a name is missing."""
    for symbol, name in PROVIDERS.items():
        if symbol not in _provided and re.search(rf"^declare .*@{symbol}\(", text, re.MULTILINE):
            _llvm().add_symbol(symbol, optional.load(f"autograd_lite.kernels.{name}").address(symbol))
            _provided.add(symbol)


def module(text: str, short: bool = False) -> Module:
    """Return the machine code of an LLVM assembly text; the same text gives the same module while it is in use.

    Args:
      text: the module. short: optimise it by the few passes of `SHORT`; for code that has nothing for LLVM to unroll or to reorder.
    Raises: RuntimeError if the text is not valid assembly; ImportError without llvmlite; NotCompiledError in a context
      `without_compiling`, if it would have to be compiled.
    """
    found = _modules.get(_key(text, short)) if _modules else None  # before the first, LLVM may not be ready
    if found is not None:
        return found
    with _alone():
        key = _key(text, short)
    _provide(text)  # may make a module of its own
    with _alone():
        found = _modules.get(key)
        if found is not None:
            return found
        llvm, machine = _llvm(), _machine()
        body = cache.read(key)
        if body is None:
            if not _patience.waits:
                raise NotCompiledError
            body = _compiled(text, machine, short)
            cache.write(key, body)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(body))
        engine.finalize_object()
        made = _modules[key] = Module(engine)
        return made


def load(text: str, signatures: Mapping[str, Sequence[Any]]) -> dict[str, Callable[..., None]]:
    """Return functions of an LLVM assembly text, compiled for this machine.

    Args:
      text: a module in LLVM's assembly language, which calls nothing outside itself but what `PROVIDERS` lists.
      signatures: name of each function that is wanted, with the ctypes types of its arguments. They return nothing, and run without
        holding Python's global lock.
    Raises: RuntimeError if the text is not valid assembly; ImportError without llvmlite.
    """
    code = module(text)
    return {name: code.function(name, ctypes.CFUNCTYPE(None, *types)) for name, types in signatures.items()}


KERNEL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.py_object)
KERNEL_UNDER_LOCK = ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.py_object)  # half a microsecond quicker to call; for small arrays


def load_kernels(text: str, names: Sequence[str], keep_lock: bool = False) -> dict[str, Callable[[tuple[Any, ...]], int]]:
    """Return kernels of an assembly text: functions of one tuple of arrays and scalars (see `kernels.arrays`) that return 0 when done.

    keep_lock: hold Python's global lock while the kernel runs; for kernels that take a few microseconds.
    """
    code, kind = module(text), KERNEL_UNDER_LOCK if keep_lock else KERNEL
    return {name: code.function(name, kind) for name in names}


class _MethodDefinition(ctypes.Structure):
    """CPython's `PyMethodDef`."""

    _fields_ = [("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]


_METH_FASTCALL = 0x80


def load_builtin(text: str, name: str, short: bool = True) -> Callable[..., bool]:
    """Return a kernel (see `kernels.arrays.builtin_text`) as a builtin function of its arrays: True if it declined."""
    code = module(text, short)
    definition = _MethodDefinition(name.encode(), code.address(f"{name}_called"), _METH_FASTCALL, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(definition), (definition, code), None)  # as its `self` they live as long as the function


def _machine() -> Any:
    cpu, features = target()
    return _llvm().Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=OPTIMIZATION_LEVEL, jit=True)


@functools.lru_cache(maxsize=1)
def _versions() -> tuple[str, str, str]:
    """What is the same for all texts: llvmlite, LLVM, and the system it writes code for."""
    llvm = _llvm()
    return optional.load("llvmlite").__version__, str(llvm.llvm_version_info), llvm.get_default_triple()


def _key(text: str, short: bool) -> str:
    """Everything that the machine code depends on."""
    parts = (text, *_versions(), *target(), str(OPTIMIZATION_LEVEL), *(SHORT if short else ()))
    return cache.digest("\0".join(parts).encode()).hex()


def _compiled(text: str, machine: Any, short: bool) -> bytes:
    llvm = _llvm()
    module = llvm.parse_assembly(text)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=OPTIMIZATION_LEVEL))
    if short:
        passes = llvm.create_new_module_pass_manager()
        for name in SHORT:
            getattr(passes, f"add_{name}_pass")()
    else:
        passes = builder.getModulePassManager()
    passes.run(module, builder)
    return machine.emit_object(module)
