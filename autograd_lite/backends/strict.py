"""A device that is not there: NumPy behind arrays that refuse what a GPU would refuse, so that such mistakes fail on a laptop.

A `StrictArray` computes like a CuPy array and never turns into a NumPy array unasked: `np.` functions refuse it, and so does arithmetic
with arrays of the host. `xp.asarray` brings data over, `array.get()` takes it back, and `reads` counts how often a kernel made the device
wait by reading a value (`bool(x)`, `int(x)`, `x.tolist()`).
"""
from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.backends import contract, special
from autograd_lite.backends.contract import Backend, Namespace

__all__ = ["DeviceError", "StrictArray", "load", "namespace"]


class DeviceError(TypeError):
    """An array of the device was used as if it were one of the host, or the other way round."""


def _refuse_host(value: Any, what: str) -> None:
    if isinstance(value, np.ndarray) and value.dtype != object:
        raise DeviceError(f"{what} got a NumPy array {_described(value)} where an array of the device is wanted: "
                          "a GPU would refuse it. Bring it over with xp.asarray, or declare the input as read on the host.")


def _described(array: Any) -> str:
    return f"of shape {tuple(array.shape)} and type {array.dtype}"


def _inside(value: Any, what: str) -> Any:
    """The NumPy array behind a strict one; lists and tuples are looked into, host arrays refused, everything else passes."""
    if isinstance(value, StrictArray):
        return value._array
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)([_inside(item, what) for item in value])
    if isinstance(value, slice):
        return slice(*(_inside(part, what) for part in (value.start, value.stop, value.step)))
    _refuse_host(value, what)
    return value


def _outside(value: Any) -> Any:
    """What a NumPy function returned, as the device returns it: every array, also one of rank 0, is a device array."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value if value.dtype == object else StrictArray(np.asarray(value))
    if isinstance(value, (list, tuple)):
        parts = [_outside(item) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


class StrictArray:
    """An array of the strict device.  Made by `xp.asarray`; read by `.get()`.

    >>> x = StrictArray(np.arange(3.0))
    >>> (x + x).get()
    array([0., 2., 4.])
    >>> np.add(x, x)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    DeviceError: np.add was called with an array of the device (shape (3,), float64): use xp.add.
    """

    __slots__ = ("_array",)
    reads = 0  # how often the host waited for a value, in all arrays together

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    # What the host must not do

    def __array__(self, *arguments: Any, **keywords: Any) -> np.ndarray:
        raise DeviceError(f"An array of the device ({self._text()}) was about to become a NumPy array without being asked: "
                          "call .get(), or to_host(array), where that is meant.")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        name = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
        if method == "__call__" and isinstance(inputs[0], np.generic) and not keywords:  # an operator whose left side is a NumPy number
            return _outside(ufunc(inputs[0], *(_inside(value, f"Operator {name}") for value in inputs[1:])))
        raise DeviceError(f"np.{name} was called with an array of the device ({self._text()}): use xp.{name}.")

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        raise DeviceError(f"np.{function.__name__} was called with an array of the device ({self._text()}): use xp.{function.__name__}.")

    def _text(self) -> str:
        return f"shape {self.shape}, {self.dtype}"

    # Reading values: allowed, and counted

    def get(self) -> np.ndarray:
        """Return a copy on the host."""
        return self._array.copy()

    def _read(self) -> np.ndarray:
        StrictArray.reads += 1
        return self._array

    def __bool__(self) -> bool:
        return bool(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __complex__(self) -> complex:
        return complex(self._read())

    def __index__(self) -> int:
        return operator.index(self._read()[()])

    def item(self, *position: int) -> Any:
        """Return one element as a Python number."""
        return self._read().item(*position)

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        return self._read().tolist()

    def __repr__(self) -> str:
        return f"StrictArray({self._array!r})"

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[StrictArray]:
        return (_outside(item) for item in self._array)

    # Shape and storage

    shape = property(lambda self: self._array.shape)
    dtype = property(lambda self: self._array.dtype)
    ndim = property(lambda self: self._array.ndim)
    size = property(lambda self: self._array.size)
    itemsize = property(lambda self: self._array.itemsize)
    nbytes = property(lambda self: self._array.nbytes)
    strides = property(lambda self: self._array.strides)
    flags = property(lambda self: self._array.flags)
    T = property(lambda self: StrictArray(self._array.T))
    real = property(lambda self: StrictArray(self._array.real))
    imag = property(lambda self: StrictArray(self._array.imag))

    def __getitem__(self, index: Any) -> Any:
        return _outside(self._array[_inside(index, "Indexing")])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[_inside(index, "Indexing")] = _inside(value, "Assignment")

    __hash__ = None  # type: ignore[assignment]


METHODS = contract.names("""
    all any argmax argmin argpartition argsort astype choose clip compress conj conjugate copy cumprod cumsum diagonal dot fill flatten max
    mean min nonzero partition prod ptp put ravel repeat reshape round searchsorted sort squeeze std sum swapaxes take trace transpose var
    view
""")

OPERATORS = contract.names("""
    add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv ifloordiv mod rmod imod pow rpow ipow
    matmul rmatmul imatmul and rand iand or ror ior xor rxor ixor lshift rlshift ilshift rshift rrshift irshift divmod rdivmod
    eq ne lt le gt ge neg pos abs invert
""")


def _method(name: str, what: str) -> Callable[..., Any]:
    def method(self: StrictArray, *arguments: Any, **keywords: Any) -> Any:
        arguments = tuple(_inside(argument, what) for argument in arguments)
        keywords = {key: _inside(value, what) for key, value in keywords.items()}
        result = getattr(self._array, name)(*arguments, **keywords)
        if result is NotImplemented:
            return result
        return self if result is self._array else _outside(result)

    method.__name__ = name
    return method


for _name in METHODS:
    if hasattr(np.ndarray, _name):  # NumPy 2 has no ptp
        setattr(StrictArray, _name, _method(_name, f"array.{_name}"))
for _name in OPERATORS:
    if hasattr(np.ndarray, f"__{_name}__"):  # NumPy 1.26 has no imatmul
        setattr(StrictArray, f"__{_name}__", _method(f"__{_name}__", f"Operator {_name}"))


def _function(title: str, function: Callable[..., Any], takes_host: bool = False) -> Callable[..., Any]:
    """A function of the namespace: device arrays in, device arrays out."""
    def checked(*arguments: Any, **keywords: Any) -> Any:
        if takes_host:
            arguments = tuple(_brought_over(argument) for argument in arguments)
        else:
            arguments = tuple(_inside(argument, title) for argument in arguments)
        keywords = {key: _inside(value, title) for key, value in keywords.items()}
        out = keywords.get("out")
        result = function(*arguments, **keywords)
        return StrictArray(result) if out is not None and result is out else _outside(result)

    checked.__name__ = checked.__qualname__ = title.rpartition(".")[2]
    return checked


def _brought_over(value: Any) -> Any:
    """An argument of a function that makes device arrays; a copy, so that host and device never share memory."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return _inside(value, "xp.asarray")


class _Ufunc:
    """A ufunc of the namespace; like CuPy's it has `at`, `reduce` and `accumulate` besides the call."""

    def __init__(self, ufunc: np.ufunc) -> None:
        title = f"xp.{ufunc.__name__}"
        self.__name__ = ufunc.__name__
        self._call = _function(title, ufunc)
        self.nin, self.nout = ufunc.nin, ufunc.nout
        if ufunc.__name__ in contract.UFUNCS_WITH_AT:
            self.at = _function(f"{title}.at", ufunc.at)
        if ufunc.__name__ in ("add", "multiply"):
            self.reduce = _function(f"{title}.reduce", ufunc.reduce)
            self.accumulate = _function(f"{title}.accumulate", ufunc.accumulate)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._call(*arguments, **keywords)


def _all(title: str, module: Any, names: tuple[str, ...]) -> Namespace:
    members = {}
    for name in names:
        member = getattr(module, name)
        members[name] = member if isinstance(member, type) else _function(f"{title}.{name}", member)
    return Namespace(f"{title} (strict)", **members)


class _Special:
    """The special functions, wrapped when they are first used."""

    def __getattr__(self, name: str) -> Any:
        function = _function(f"xp.special.{name}", getattr(special, name))
        setattr(self, name, function)
        return function


def namespace() -> Namespace:
    """Return the functions of the strict device, as far as the contract lists them."""
    members: dict[str, Any] = {name: getattr(np, name) for name in contract.SHARED}
    members.update({name: _Ufunc(getattr(np, name)) for name in contract.UFUNCS})
    members.update({name: _function(f"xp.{name}", getattr(np, name), takes_host=True) for name in contract.CREATION})
    members.update({name: _function(f"xp.{name}", getattr(np, name)) for name in contract.FUNCTIONS})
    return Namespace(
        "xp (strict)", **members, ndarray=StrictArray, linalg=_all("xp.linalg", np.linalg, contract.LINALG),
        fft=_all("xp.fft", np.fft, contract.FFT), special=_Special(),
        lib=Namespace("xp.lib (strict)",
                      stride_tricks=_all("xp.lib.stride_tricks", np.lib.stride_tricks, contract.STRIDE_TRICKS)))


def load() -> Backend:
    """Return the strict backend."""
    xp = namespace()
    return Backend("strict", xp, "/device:GPU:0", to_device=xp.asarray, to_host=contract.to_host, synchronize=lambda: None)
