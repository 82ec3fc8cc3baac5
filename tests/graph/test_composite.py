"""IndexedSlices and SparseTensor hold tensors that fit together."""

import pytest

from autograd_lite.graph.composite import IndexedSlices, SparseTensor, SparseTensorValue, convert_to_tensor_or_sparse_tensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as g:
        yield g


def test_a_sparse_tensor_names_its_parts_as_tensorflow_does(graph):
    SparseTensor([[0, 1]], [3.0], [2, 2])
    assert [op.name for op in graph.get_operations()] == ["SparseTensor/indices", "SparseTensor/values", "SparseTensor/dense_shape"]


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Dimensions 2 and 1 are not compatible"):
        SparseTensor([[0, 0]], [1.0], [2])
    with pytest.raises(ValueError, match="must have rank 2"):
        SparseTensor([0, 0], [1.0], [2])


def test_a_sparse_value_converts():
    sparse = convert_to_tensor_or_sparse_tensor(SparseTensorValue([[0, 1]], [3.0], [2, 2]))
    assert isinstance(sparse, SparseTensor) and sparse.shape.as_list() == [2, 2] and sparse.dtype.name == "float32"


def test_slices_without_a_shape_cannot_become_dense():
    slices = IndexedSlices(convert_to_tensor([[1.0]]), convert_to_tensor([0]))
    with pytest.raises(ValueError, match="Tensor conversion requested for IndexedSlices for argument without shape"):
        convert_to_tensor(slices)


def test_slices_become_dense_by_adding_rows_with_equal_indices():
    slices = IndexedSlices(convert_to_tensor([[1.0], [2.0]]), convert_to_tensor([0, 0]), convert_to_tensor([3, 1]))
    dense = convert_to_tensor(slices)
    assert dense.op.type == "UnsortedSegmentSum" and dense.shape.as_list() == [3, 1] and slices.shape.as_list() == [3, 1]


def test_slices_know_who_takes_one_of_their_tensors(graph):
    slices = IndexedSlices(convert_to_tensor([[1.0, 2.0]]), convert_to_tensor([0]))
    taken = -slices.indices
    assert slices.consumers() == [taken.op]
