"""The less common names of `tf.data`: each with its arguments."""

import pytest

import autograd_lite as tf
from tests.lib.data.test_transformations import numbers

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def test_legacy_functions_are_functions():
    dataset = Dataset.range(6).map_with_legacy_function(lambda x: x * 2, num_parallel_calls=2)
    assert numbers(dataset.filter_with_legacy_function(lambda x: x > 4)) == [6, 8, 10]
    both = experimental.map_and_batch_with_legacy_function(lambda x: x * x, 4, num_parallel_batches=1, drop_remainder=True)
    assert numbers(Dataset.range(6).apply(both)) == [[0, 1, 4, 9]]


def test_random_numbers_are_those_of_tensorflow():
    tf.set_random_seed(3)
    assert numbers(experimental.RandomDataset(7).take(3)) == [752709976, 3519827686, 1521515253]


def test_a_dataset_is_handed_on_as_a_tensor():
    dataset = Dataset.range(3).map(lambda x: {"x": x})
    again = experimental.from_variant(experimental.to_variant(dataset), experimental.get_structure(dataset))
    assert numbers(again.map(lambda row: row["x"])) == [0, 1, 2]


def test_devices_leave_the_elements_as_they_are():
    dataset = Dataset.range(3).apply(experimental.copy_to_device("/cpu:0", source_device="/cpu:0"))
    assert numbers(dataset.apply(experimental.prefetch_to_device("/cpu:0", buffer_size=2))) == [0, 1, 2]


def test_types_shapes_and_classes_are_told_of_datasets_and_iterators():
    dataset = Dataset.from_tensors({"a": 1.0, "b": tf.SparseTensor([[0, 1]], [2], [3, 4])})
    for thing in (dataset, dataset.make_one_shot_iterator()):
        assert tf.data.get_output_types(thing) == {"a": tf.float32, "b": tf.int32}
        assert tf.data.get_output_shapes(thing)["b"].as_list() == [3, 4]
        assert tf.data.get_output_classes(thing) == {"a": tf.Tensor, "b": tf.SparseTensor}


@pytest.mark.parametrize(("kind", "names"), [
    ("OptimizationOptions", "apply_default_optimizations autotune autotune_algorithm autotune_buffers autotune_cpu_budget filter_fusion "
     "filter_with_random_uniform_fusion hoist_random_uniform map_and_batch_fusion map_and_filter_fusion map_fusion map_parallelization "
     "map_vectorization noop_elimination parallel_batch shuffle_and_repeat_fusion"),
    ("ThreadingOptions", "max_intra_op_parallelism private_threadpool_size"),
    ("DistributeOptions", "auto_shard num_devices"),
    ("MapVectorizationOptions", "enabled use_choose_fastest"),
])  # fmt: skip
def test_settings_are_kept_and_wrong_names_refused(kind, names):
    options = getattr(experimental, kind)()
    for name in names.split():
        assert getattr(options, name) is None
        setattr(options, name, True)
        assert getattr(options, name) is True
    with pytest.raises(AttributeError, match=f"Cannot set the property wrong on {kind}"):
        options.wrong = 1


@pytest.mark.parametrize(
    ("structure", "value"),
    [
        (lambda: experimental.TensorArrayStructure(tf.float32, [2], True, True), None),
        (lambda: experimental.RaggedTensorStructure(tf.int32, [2, None], 1), None),
        (lambda: experimental.SparseTensorStructure(tf.int32, [2, 3]), tf.SparseTensorSpec([2, 3], tf.int32)),
        (lambda: experimental.TensorStructure(tf.int32, [2, 3]), tf.TensorSpec([2, 3], tf.int32)),
    ],
)
def test_structures_are_specifications_under_older_names(structure, value):
    made = structure()
    assert made == structure()
    assert value is None or made == value
