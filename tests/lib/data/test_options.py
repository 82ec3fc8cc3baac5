"""Options of datasets."""

import pytest

import autograd_lite as tf


def test_settings_are_none_until_set_and_unknown_ones_refused():
    options = tf.data.Options()
    assert options.experimental_deterministic is None
    options.experimental_threading.private_threadpool_size = 3
    assert options.experimental_threading.private_threadpool_size == 3
    with pytest.raises(AttributeError, match="Cannot set the property surprise on Options"):
        options.surprise = True


def test_merged_options_keep_what_the_later_ones_do_not_set():
    first, second = tf.data.Options(), tf.data.Options()
    first.experimental_slack, second.experimental_slack = True, False
    first.experimental_optimization.map_fusion = True
    second.experimental_optimization.autotune = False
    both = tf.data.Dataset.range(2).with_options(first).with_options(second).options()
    assert both.experimental_slack is False
    assert both.experimental_optimization.map_fusion is True
    assert both.experimental_optimization.autotune is False
    assert both == first.merge(second) != first
