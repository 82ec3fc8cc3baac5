"""`tf.data.experimental`."""

import numpy as np
import pytest

import autograd_lite as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def numbers(dataset, most=1000):
    element, found = dataset.make_one_shot_iterator().get_next(), []
    with tf.Session() as session:
        for _ in range(most):
            try:
                found.append(np.asarray(session.run(element)).tolist())
            except tf.errors.OutOfRangeError:
                break
    return found


def test_sequences_are_batched_with_those_of_similar_length():
    lengths = [1, 5, 2, 6, 3, 1]
    dataset = Dataset.from_tensor_slices(np.array(lengths, np.int64)).map(lambda n: tf.fill([n], n))
    bucketed = dataset.apply(experimental.bucket_by_sequence_length(tf.size, [4], [2, 2]))
    assert numbers(bucketed) == [[[1, 0], [2, 2]], [[5, 5, 5, 5, 5, 0], [6, 6, 6, 6, 6, 6]], [[3, 3, 3], [1, 0, 0]]]
    filled = dataset.apply(experimental.bucket_by_sequence_length(tf.size, [4, 7], [2, 2, 2], pad_to_bucket_boundary=True))
    assert {len(rows[0]) for rows in numbers(filled)} == {3, 6}
    with pytest.raises(ValueError, match="must equal"):
        experimental.bucket_by_sequence_length(tf.size, [4], [2])


def test_elements_are_folded_by_key():
    reducer = experimental.Reducer(lambda key: np.int64(0), lambda state, x: state + x, lambda state: state)
    assert numbers(Dataset.range(8).apply(experimental.group_by_reducer(lambda x: x % 3, reducer))) == [9, 12, 7]


def test_classes_are_resampled_to_the_wanted_distribution():
    classes = np.random.RandomState(0).choice(2, 4000, p=[0.9, 0.1]).astype(np.int32)
    dataset = Dataset.from_tensor_slices(classes).repeat()
    for initial in (None, [0.9, 0.1]):
        resampled = dataset.apply(experimental.rejection_resample(lambda x: x, [0.5, 0.5], initial, seed=1))
        found = [label for label, _ in numbers(resampled, most=1000)]
        assert abs(np.mean(found) - 0.5) < 0.1


def test_datasets_are_sampled_by_weight():
    rare, common = Dataset.from_tensors(np.int64(0)).repeat(), Dataset.from_tensors(np.int64(1)).repeat()
    found = numbers(experimental.sample_from_datasets([rare, common], [0.1, 0.9], seed=3), most=500)
    assert abs(np.mean(found) - 0.9) < 0.05


def test_the_size_of_a_dataset_is_told_where_it_is_known():
    ten = Dataset.range(10)
    sizes = [ten.batch(3), ten.repeat(), ten.filter(lambda x: x > 3), ten.skip(4).take(9)]
    assert tf.Session().run([experimental.cardinality(dataset) for dataset in sizes]) == [4, -1, -2, 6]


def test_an_element_that_cannot_be_made_is_passed_over():
    dataset = Dataset.from_tensor_slices([1.0, 0.0, 4.0]).map(lambda x: tf.check_numerics(1.0 / x, "division"))
    with pytest.raises(tf.errors.InvalidArgumentError):
        numbers(dataset)
    assert len(numbers(dataset.apply(experimental.ignore_errors()))) >= 1


def test_the_only_element_is_taken():
    assert tf.Session().run(experimental.get_single_element(Dataset.range(5, 6))) == 5
    with pytest.raises(tf.errors.InvalidArgumentError, match="empty"):
        tf.Session().run(experimental.get_single_element(Dataset.range(0)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than one"):
        tf.Session().run(experimental.get_single_element(Dataset.range(2)))


def test_dense_rows_become_sparse_batches():
    dataset = Dataset.range(1, 4).map(lambda x: tf.fill([x], x)).apply(experimental.dense_to_sparse_batch(2, [5]))
    assert numbers(dataset.map(tf.sparse_tensor_to_dense)) == [[[1, 0, 0, 0, 0], [2, 2, 0, 0, 0]], [[3, 3, 3, 0, 0]]]


def test_a_missing_next_element_is_told_without_an_error():
    iterator = Dataset.range(1).make_one_shot_iterator()
    following = experimental.get_next_as_optional(iterator)
    has, value = following.has_value(), following.get_value()
    with tf.Session() as session:
        assert session.run([has, value]) == [True, 0]
        assert session.run(has) == False  # noqa: E712
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
            session.run(value)
