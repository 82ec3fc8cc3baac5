import numpy as np

from tests.ops.kernels import complaint, fed, run, shape_complaint

LOGITS = np.array([[1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0]], np.float32)


def test_softmax_does_not_overflow_and_adds_up_to_one():
    np.testing.assert_allclose(run("Softmax", LOGITS), [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(run("LogSoftmax", LOGITS), [[0, -1000, -2000], [-np.log(3)] * 3], rtol=1e-6)


def test_sparse_and_dense_losses_agree():
    labels = np.array([0, 2], np.int32)
    sparse = run("SparseSoftmaxCrossEntropyWithLogits", LOGITS, labels)
    dense = run("SoftmaxCrossEntropyWithLogits", LOGITS, np.eye(3, dtype=np.float32)[labels])
    for one, other in zip(sparse, dense):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_losses_check_shapes_and_labels():
    assert shape_complaint("SoftmaxCrossEntropyWithLogits", np.zeros((2, 4), np.float32), np.zeros((2, 3), np.float32)) == (
        "Dimensions must be equal, but are 4 and 3"
    )
    assert complaint(run, "SparseSoftmaxCrossEntropyWithLogits", LOGITS[:1], [5]) == (
        "Received a label value of 5 which is outside the valid range of [0, 3).  Label values: 5"
    )


def test_bias_goes_to_the_last_axis_or_to_the_second():
    x = np.zeros((1, 2, 2, 3), np.float32)
    np.testing.assert_array_equal(run("BiasAdd", x, [1.0, 2.0, 3.0])[0, 0, 0], [1, 2, 3])
    first = run("BiasAdd", x.transpose(0, 3, 1, 2).copy(), [1.0, 2.0, 3.0], data_format="NCHW")
    np.testing.assert_array_equal(first[0, :, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(run("BiasAddGrad", first, data_format="NCHW"), [4, 8, 12])
    assert shape_complaint("BiasAdd", np.zeros((2, 3), np.float32), np.zeros(4, np.float32)) == "Dimensions must be equal, but are 3 and 4"
    assert complaint(fed, "BiasAdd", np.zeros((2, 3), np.float32), np.zeros(4, np.float32)).startswith("Must provide as many biases")


def test_l2_loss_is_half_the_sum_of_squares():
    assert run("L2Loss", [[3.0], [4.0]]) == 12.5


def test_target_is_in_top_k_when_fewer_than_k_score_higher():
    predictions = np.array([[0.1, 0.6, 0.6, 0.2]] * 4, np.float32)
    np.testing.assert_array_equal(run("InTopKV2", predictions, [1, 2, 3, 9], 1), [True, True, False, False])
    np.testing.assert_array_equal(run("InTopK", np.array([[np.inf, 0.0]], np.float32), [0], k=1), [False])


def test_top_k_puts_the_first_of_equals_first():
    values, places = run("TopKV2", [3.0, 7.0, 7.0, 1.0], 3)
    np.testing.assert_array_equal(values, [7, 7, 3])
    np.testing.assert_array_equal(places, [1, 2, 0])
    lowest = np.array([-128, 127, -128], np.int8)
    np.testing.assert_array_equal(run("TopKV2", lowest, 3)[1], [1, 0, 2])


def test_top_k_says_how_many_there_are():
    assert shape_complaint("TopKV2", np.zeros(3, np.float32), 5) == "input must have last dimension >= k = 5 but is 3"
    assert complaint(fed, "TopKV2", np.zeros(3, np.float32), 5) == "input must have at least k columns. Had 3, needed 5"
    assert (
        shape_complaint("TopKV2", np.zeros(3, np.float32), -1) == "Dimension size, given by scalar input 1, must be non-negative but is -1"
    )
