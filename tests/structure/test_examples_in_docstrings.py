"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

import autograd_lite as tf
from tests.structure.source_files import sources

_WITH_EXAMPLES = [source.module for source in sources().values() if source.folder and ">>> " in source.text]


@pytest.mark.parametrize("module_name", _WITH_EXAMPLES)
def test_examples_give_what_they_say(module_name: str) -> None:
    module = importlib.import_module(module_name)
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    release = tf.get_release()
    report: list[str] = []
    try:
        for example in finder.find(module, module_name):
            tf.reset_default_graph()
            example.globs.update(tf=tf, np=np)
            runner.run(example, out=report.append)
    finally:
        tf.set_release(release)
        tf.reset_default_graph()
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
