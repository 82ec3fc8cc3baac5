"""Which functions a kernel may use: the array namespace `xp`, and what a backend offers besides it.

A kernel is written once, against `xp`. What stands here is there in NumPy and in CuPy, means the same in both, and is what the `strict`
backend lets through. A kernel that uses anything else fails at once, on every backend, with a message that points here.

What a kernel may rely on:

* arrays have `shape`, `dtype`, `ndim`, `size`, `T`, `real`, `imag`, `reshape`, `astype`, `transpose`, `ravel`, `copy`, `view`, `sum`, `max`
  and the like, operators and indexing;
* `array.get()` copies a device array to the host. NumPy's arrays have no such method: say `to_host(array)`;
* `bool(x)`, `int(x)`, `float(x)`, `x.item()` and `x.tolist()` also read from the device, and wait for it: not in loops;
* an array of the host never meets one of the device; `xp.asarray` takes it there. Arrays of strings (dtype object) live on the host only.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ALL_NAMES", "Backend", "Namespace", "to_host"]


def names(text: str) -> tuple[str, ...]:
    """Return the words of a text: a list of names that is easy to read."""
    return tuple(text.split())


UFUNCS = names("""
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_not bitwise_or bitwise_xor cbrt ceil conj
    conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod frexp
    gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp left_shift less less_equal log log10 log1p log2
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum mod modf multiply negative nextafter not_equal
    positive power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh sqrt square subtract tan tanh true_divide
    trunc
""")

# Of these, `xp.add.at(array, indices, values)` and so on is there as well.
UFUNCS_WITH_AT = names("add subtract multiply divide true_divide floor_divide maximum minimum")

# Functions that make arrays out of host values or out of nothing.
CREATION = names("""
    arange array asarray ascontiguousarray diag_indices empty eye full identity indices linspace logspace ones tri tril_indices
    triu_indices zeros
""")

FUNCTIONS = names("""
    all allclose amax amin angle any append argmax argmin argpartition argsort argwhere around array_equal array_split atleast_1d atleast_2d
    atleast_3d average bincount broadcast_arrays broadcast_to choose clip column_stack compress concatenate convolve copy copyto correlate
    count_nonzero cross cumprod cumsum diag diagflat diagonal diff digitize dot dsplit dstack einsum empty_like expand_dims extract
    fill_diagonal flatnonzero flip fliplr flipud full_like histogram hsplit hstack i0 imag inner interp iscomplexobj isclose ix_ kron
    lexsort matmul max may_share_memory mean median meshgrid min moveaxis nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax
    nanmean nanmin nanprod nansum nanstd nanvar ndim nonzero ones_like outer packbits pad partition percentile place prod ptp put putmask
    quantile ravel ravel_multi_index real repeat reshape result_type roll rollaxis rot90 round searchsorted select shape shares_memory
    sinc size sort split squeeze stack std sum swapaxes take take_along_axis tensordot tile trace transpose tril triu unique unpackbits
    unravel_index unwrap vander var vdot vsplit vstack where zeros_like
""")

# Names that are the same objects in every backend.
SHARED = names("""
    bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 intp
    integer signedinteger unsignedinteger floating complexfloating inexact number generic
    can_cast dtype errstate finfo iinfo issubdtype promote_types e inf nan newaxis pi
""")

LINALG = names("""
    cholesky det eigh eigvalsh inv lstsq matrix_power matrix_rank norm pinv qr slogdet solve svd LinAlgError
""")

FFT = names("""
    fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn
""")

# As scipy.special names them.
SPECIAL = names("""
    betainc betaln digamma entr erf erfc erfcinv erfinv expit gammainc gammaincc gammaln i0 i0e i1 i1e log_ndtr ndtr ndtri polygamma xlog1py
    xlogy zeta
""")

STRIDE_TRICKS = ("as_strided", "sliding_window_view")

TOP_NAMES = (*UFUNCS, *CREATION, *FUNCTIONS, *SHARED, "ndarray")
ALL_NAMES = (*TOP_NAMES, *(f"linalg.{name}" for name in LINALG), *(f"fft.{name}" for name in FFT),
             *(f"special.{name}" for name in SPECIAL), *(f"lib.stride_tricks.{name}" for name in STRIDE_TRICKS))


class Namespace:
    """The array functions of one backend; asking for one that is not in the contract says so.

    >>> Namespace("xp of a test").tensorsolve
    Traceback (most recent call last):
        ...
    AttributeError: xp of a test has no 'tensorsolve': kernels may use what backends/contract.py lists, which every backend has.
    """

    def __init__(self, title: str, **members: Any) -> None:
        self.__name__ = title
        self.__dict__.update(members)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"{self.__name__} has no {name!r}: kernels may use what backends/contract.py lists, which every backend has.")

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


@dataclass(frozen=True)
class Backend:
    """One place to compute.

    Attributes:
      name: what `use_backend` takes. xp: its array functions. device: TF's name of the device, as in "/device:GPU:0".
      to_device: NumPy array -> array of this backend (arrays of strings stay as they are).
      to_host: array of this backend -> NumPy array. synchronize: wait until the device has finished.
    """

    name: str
    xp: Any
    device: str
    to_device: Callable[[Any], Any]
    to_host: Callable[[Any], np.ndarray]
    synchronize: Callable[[], None]


def to_host(array: Any) -> np.ndarray:
    """Return an array of any backend, or a number, as a NumPy array.

    >>> to_host([1, 2])
    array([1, 2])
    """
    return np.asarray(array.get() if hasattr(array, "get") else array)
