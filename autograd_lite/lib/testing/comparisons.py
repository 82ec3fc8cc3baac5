"""The assertions about arrays that `tf.test.TestCase` adds to those of unittest."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.graph.tensor import Tensor
from autograd_lite.wire import text_format

_SHOWN = 10  # the places of which a failure tells


def _coarse(array: np.ndarray, names: Iterable[str]) -> bool:
    return array.dtype.name in names


class ArrayComparisons(unittest.TestCase):
    """Compares arrays, tensors (which are run), and nested lists, tuples and dicts of them."""

    maxDiff = 4096

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors."""
        raise NotImplementedError("the class that makes sessions says how")

    def _array(self, value: Any) -> np.ndarray:
        if isinstance(value, Tensor):
            value = self.evaluate(value)
        return np.asarray(value)

    def _pair(self, a: Any, b: Any, message: str | None) -> tuple[np.ndarray, np.ndarray]:
        first, second = self._array(a), self._array(b)
        if first.shape != second.shape:
            raise self.failureException(f"Shape mismatch: expected {first.shape}, got {second.shape}." + (f" {message}" if message else ""))
        return first, second

    def _require(self, right: np.ndarray, message: str | None, said: str, *arrays: np.ndarray) -> None:
        """Fail unless all is right, telling the first places where it is not and what stands there."""
        if np.all(right):
            return
        wrong = np.argwhere(~np.atleast_1d(right))
        lines = [f"{message}\n{said}" if message else said, f"{len(wrong)} of {np.size(right)} elements are wrong:"]
        for place in wrong[:_SHOWN]:
            values = ", ".join(repr(np.atleast_1d(array)[tuple(place)]) for array in arrays)
            lines.append(f"  at {list(map(int, place))}: {values}")
        if len(wrong) > _SHOWN:
            lines.append("  ...")
        raise self.failureException("\n".join(lines))

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless both have the same shape and elements; NaN equals NaN."""
        first, second = self._pair(a, b, msg)
        same = np.asarray(first == second)
        if first.dtype.kind in "fc" and second.dtype.kind in "fc":
            same = same | (np.isnan(first) & np.isnan(second))
        self._require(same, msg, "The arrays are not equal.", first, second)

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail if both have the same shape and elements."""
        try:
            self.assertAllEqual(a, b)
        except self.failureException:
            return
        raise self.failureException("The two values are equal at all elements." + (f" {msg}" if msg else ""))

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Fail unless |a - b| <= atol + rtol * |b| everywhere; dicts, lists and tuples are compared part by part."""
        waiting: list[tuple[Any, Any, str]] = [(a, b, "")]
        while waiting:
            one, other, path = waiting.pop()
            if isinstance(one, Mapping) != isinstance(other, Mapping):
                raise self.failureException(f"Can't compare dict to non-dict at a{path}, {type(one)} vs {type(other)}. {msg or ''}")
            if isinstance(one, Mapping):
                self.assertCountEqual(one.keys(), other.keys(), f"the keys of a{path} and b{path}")
                waiting += [(one[key], other[key], f"{path}[{key}]") for key in reversed(list(one))]
            elif self._has_parts(one) or self._has_parts(other):
                self.assertEqual(len(one), len(other), f"Mismatched length: a{path} has {len(one)} items, b{path} has {len(other)}")
                waiting += [(one[i], other[i], f"{path}[{i}]") for i in reversed(range(len(one)))]
            else:
                self._assert_arrays_close(one, other, rtol, atol, " ".join(part for part in (msg, path and f"at a{path}") if part))

    @staticmethod
    def _has_parts(value: Any) -> bool:
        """Whether this is a list or tuple that is no array: its parts are tensors, dicts, or of different shapes."""
        if not isinstance(value, list | tuple):
            return False
        if any(isinstance(part, Tensor | Mapping) or ArrayComparisons._has_parts(part) for part in value):
            return True
        return len({np.shape(part) for part in value}) > 1

    def _assert_arrays_close(self, a: Any, b: Any, rtol: float, atol: float, message: str) -> None:
        first, second = self._pair(a, b, message)
        if _coarse(first, ["bfloat16"]) or _coarse(second, ["bfloat16"]):
            rtol, atol = max(rtol, 1e-2), max(atol, 1e-2)
            first, second = first.astype(np.float32), second.astype(np.float32)
        close = np.isclose(first, second, rtol=rtol, atol=atol, equal_nan=True)
        self._require(close, message, f"The arrays are not close, rtol={rtol}, atol={atol}.", first, second)

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """As `assertAllClose`, more patient the smaller the type of the numbers is."""
        a, b = self._array(a), self._array(b)
        for names, wider_rtol, wider_atol in (
            (("float32", "complex64"), float_rtol, float_atol),
            (("float16",), half_rtol, half_atol),
            (("bfloat16",), bfloat16_rtol, bfloat16_atol),
        ):
            if _coarse(a, names) or _coarse(b, names):
                rtol, atol = max(rtol, wider_rtol), max(atol, wider_atol)
        self.assertAllClose(a, b, rtol=rtol, atol=atol, msg=msg)

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:
        """Fail if the two are close everywhere."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except self.failureException:
            return
        raise self.failureException("The two values are close at all elements")

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Fail unless two numbers differ by at most `err`."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r}" + (f" ({msg})" if msg is not None else ""))

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: str | None = None) -> None:
        """Fail unless two lists have the same length and differ by at most `err` in each place."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for f1, f2 in zip(farray1, farray2):
            self.assertNear(float(f1), float(f2), err, msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None) -> None:
        """Fail unless the norm of the difference of two arrays is less than `err`."""
        distance = float(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)))
        self.assertTrue(distance < err, msg or f"the norm of the difference is {distance}, not less than {err}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Fail unless every element is greater than the target."""
        array = self._array(a)
        self._require(array > comparison_target, None, f"Not all are greater than {comparison_target}.", array)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Fail unless every element is less than the target."""
        array = self._array(a)
        self._require(array < comparison_target, None, f"Not all are less than {comparison_target}.", array)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Fail unless every element is the target or greater."""
        array = self._array(a)
        self._require(array >= comparison_target, None, f"Not all are at least {comparison_target}.", array)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Fail unless every element is the target or less."""
        array = self._array(a)
        self._require(array <= comparison_target, None, f"Not all are at most {comparison_target}.", array)

    def assertAllInRange(
        self, target: Any, lower_bound: Any, upper_bound: Any, open_lower_bound: bool = False, open_upper_bound: bool = False
    ) -> None:
        """Fail unless every element lies between the bounds; the bounds themselves count unless they are `open`."""
        array = self._array(target)
        if array.dtype.kind not in "iuf":
            raise AssertionError(f"The value of {target!r} does not have an ordered numeric type, instead it has type: {array.dtype}")
        above = array > lower_bound if open_lower_bound else array >= lower_bound
        below = array < upper_bound if open_upper_bound else array <= upper_bound
        interval = f"{'(' if open_lower_bound else '['}{lower_bound}, {upper_bound}{')' if open_upper_bound else ']'}"
        self._require(above & below, None, f"Not all are in the range {interval}.", array)

    def assertAllInSet(self, target: Any, expected_set: Iterable[Any]) -> None:
        """Fail unless every element is one of the set."""
        found = np.unique(self._array(target))
        outside = [value for value in found.tolist() if value not in set(expected_set)]
        if outside:
            raise AssertionError(f"{len(outside)} unique element(s) are not in the set {set(expected_set)!r}: {outside[:_SHOWN]}")

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: str | None = None) -> None:
        """Fail unless a tensor's static shape is that of an array."""
        self.assertIsInstance(np_array, np.ndarray | np.generic, "the first must be an array")
        self.assertIsInstance(tf_tensor, Tensor, "the second must be a tensor")
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list(), msg=msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Fail unless an array has a type."""
        array = self._array(target)
        wanted = dtypes.as_dtype(expected_dtype).as_numpy_dtype
        self.assertEqual(array.dtype, np.dtype(wanted), f"wanted the type {np.dtype(wanted)}, got {array.dtype}")

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """Fail unless a text begins with another."""
        if not actual.startswith(expected_start):
            self.fail(f"{actual!r} does not start with {expected_start!r}" + (f" : {msg!r}" if msg else ""))

    def assertProtoEquals(self, expected_message_maybe_ascii: Any, message: Any, msg: str | None = None) -> None:
        """Fail unless a message equals another, which may be given as text."""
        expected = expected_message_maybe_ascii
        if isinstance(expected, str | bytes):
            expected = text_format.from_text(expected, type(message)())
        elif type(expected) is not type(message):
            self.fail(f"Can't compare protos of type {type(expected)} and {type(message)}.")
        if expected != message:
            self.assertMultiLineEqual(text_format.to_text(expected), text_format.to_text(message), msg)
            self.fail(msg or "the messages differ in what their texts do not show")

    def assertItemsEqual(self, first: Iterable[Any], second: Iterable[Any], msg: str | None = None) -> None:
        """`assertCountEqual` under its name in Python 2."""
        self.assertCountEqual(first, second, msg)

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fail if there is something in a container."""
        self.assertEqual(len(container), 0, msg or f"{container!r} is not empty")

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fail if there is nothing in a container."""
        self.assertGreater(len(container), 0, msg or f"{container!r} is empty")

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """Fail unless a container holds so many things."""
        self.assertEqual(len(container), expected_len, msg or f"{container!r} has length {len(container)}, expected {expected_len}")

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: str | None = None) -> None:
        """Fail unless minv <= value <= maxv."""
        self.assertTrue(minv <= value <= maxv, msg or f"{value!r} unexpectedly not between {minv!r} and {maxv!r}")


def _under_its_old_name(assertion: Callable[..., Any]) -> Callable[..., Any]:
    def old(self: Any, *args: Any, **kwargs: Any) -> Any:
        return assertion(self, *args, **kwargs)

    old.__doc__ = f"`{assertion.__name__}` under the name that Python 3.12 took away."
    return old


for _old, _new in (
    ("assertEquals", "assertEqual"),
    ("assertNotEquals", "assertNotEqual"),
    ("assertAlmostEquals", "assertAlmostEqual"),
    ("assertNotAlmostEquals", "assertNotAlmostEqual"),
    ("assertRaisesRegexp", "assertRaisesRegex"),
    ("assert_", "assertTrue"),
):
    setattr(ArrayComparisons, _old, _under_its_old_name(getattr(unittest.TestCase, _new)))
