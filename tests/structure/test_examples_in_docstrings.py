"""The examples in docstrings are true."""

from __future__ import annotations

import builtins
import doctest
import importlib
import re

import numpy as np
import pytest

import autograd_lite as tf
from tests.structure.source_files import sources

_WITH_EXAMPLES = [source.module for source in sources().values() if source.folder and ">>> " in source.text]


# An example reads as a program does; it need not import the public names.
_PUBLIC = {name: getattr(tf, name) for name in tf.__all__ if not hasattr(builtins, name)}


class _SameInEveryNumPy(doctest.OutputChecker):
    """NumPy 2 shows a scalar as `np.float32(5.0)`, NumPy 1 as `5.0`; an example may say either."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(self._plain(want), self._plain(got), optionflags)

    @staticmethod
    def _plain(text: str) -> str:
        return re.sub(r"np\.\w+\(([^()]*)\)", r"\1", re.sub(r"np\.complex\d+\(([^()]*)\)", r"(\1)", text))


@pytest.mark.parametrize("module_name", _WITH_EXAMPLES)
def test_examples_give_what_they_say(module_name: str) -> None:
    module = importlib.import_module(module_name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(_SameInEveryNumPy(), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    release = tf.get_release()
    report: list[str] = []
    try:
        for example in finder.find(module, module_name):
            tf.reset_default_graph()
            example.globs = {**_PUBLIC, **example.globs, "tf": tf, "np": np}
            runner.run(example, out=report.append)
    finally:
        tf.set_release(release)
        tf.reset_default_graph()
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
