"""Asking for a name that is not there tells what to do instead."""

from __future__ import annotations

import pytest

import autograd_lite as tf
from autograd_lite.core.missing import explain, replacement, tf1_names


def test_the_list_of_names_has_the_modules_of_tensorflow_1() -> None:
    assert "relu" in tf1_names()["tf.nn"]
    assert "placeholder" in tf1_names()["tf"]


def test_a_name_removed_before_1_15_says_what_took_over() -> None:
    assert replacement("sub") == "subtract"
    assert explain("", "mul", []) == ["TensorFlow removed tf.mul before 1.15; it is tf.multiply now."]


def test_a_name_of_1_15_that_is_not_there_yet_says_so() -> None:
    assert explain("nn", "relu", []) == ["TensorFlow 1.15 has tf.nn.relu; autograd_lite does not have it yet."]


def test_a_misspelled_name_gets_the_nearest() -> None:
    assert "tf.nn.softmax" in explain("nn", "sofmax", ["softmax"])[0]


def test_a_name_in_another_module_is_found_there() -> None:
    assert explain("", "conv2d_transpose", [])[-1].startswith(
        "The same name elsewhere in TensorFlow 1.15: tf.layers.conv2d_transpose, tf.nn."
    )


def test_a_name_nobody_knows_says_that() -> None:
    assert explain("", "qqqqqqqq", []) == ["TensorFlow 1.15 has no tf.qqqqqqqq either."]


def test_the_first_line_is_python_own() -> None:
    with pytest.raises(AttributeError) as caught:
        tf.errors.InvalidArgmentError
    lines = str(caught.value).splitlines()
    assert lines[0] == "module 'tensorflow.errors' has no attribute 'InvalidArgmentError'"
    assert "tf.errors.InvalidArgumentError" in lines[1]


def test_tools_that_probe_for_private_names_get_one_line() -> None:
    with pytest.raises(AttributeError) as caught:
        tf.__wrapped__
    assert "\n" not in str(caught.value)
