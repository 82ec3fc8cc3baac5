import pytest

from autograd_lite.graph import shape_rules as rules


class Asked:
    """Stands for the Inference of a node: shapes, values and attributes are what the test says."""

    def __init__(self, *shapes, values=(), **attrs):
        self.shapes, self.values, self.attrs = shapes, values, attrs

    @property
    def count(self):
        return len(self.shapes)

    def shape(self, index):
        return self.shapes[index]

    def partial(self, index):
        return self.values[index]

    def value(self, index):
        return self.values[index]

    def fail(self, text):
        return ValueError(text)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [((2, 3), (3,), (2, 3)), ((None, 1), (4,), (None, 4)), ((None,), (3,), (3,)), (None, (3,), None), ((), (2, None), (2, None))],
)
def test_broadcast_keeps_what_is_known(first, second, wanted):
    assert rules.broadcast(Asked(first, second)) == wanted


def test_same_shape_gathers_knowledge_from_all_inputs():
    assert rules.same_shape(Asked((None, 3), None, (2, None))) == (2, 3)
    with pytest.raises(ValueError, match="Shapes must be equal rank, but are 1 and 2"):
        rules.same_shape(Asked((2,), (2, 3)))


@pytest.mark.parametrize(
    ("rule", "shape", "rank", "message"),
    [
        (rules.with_rank, (2,), 2, "Shape must be rank 2 but is rank 1"),
        (rules.with_rank_at_least, (2,), 2, "Shape must be at least rank 2 but is rank 1"),
        (rules.with_rank_at_most, (2, 3), 1, "Shape must be at most rank 1 but is rank 2"),
    ],
)
def test_ranks_are_checked_in_tensorflow_s_words(rule, shape, rank, message):
    with pytest.raises(ValueError) as failure:
        rule(Asked(), shape, rank)
    assert str(failure.value) == message
    assert rule(Asked(), None, rank) in (None, (None,) * rank)


def test_a_shape_read_from_an_input_may_have_holes():
    assert rules.shape_from_input(Asked((3,), values=[(2, -1, None)]), 0) == (2, None, None)
    assert rules.shape_from_input(Asked((2,), values=[None]), 0) == (None, None)
    assert rules.shape_from_input(Asked(None, values=[None]), 0) is None
    with pytest.raises(ValueError, match="Invalid value in tensor used for shape: -2"):
        rules.shape_from_input(Asked((1,), values=[(-2,)]), 0)


def test_products_and_sums_of_sizes_know_zero():
    assert rules.size_product((2, None, 0)) == 0
    assert rules.size_product((2, None)) is None
    assert rules.size_product(()) == 1
    assert rules.size_sum((2, 3)) == 5
    assert rules.size_sum((2, None)) is None


def test_prefixes_are_compared_size_by_size():
    rules.merge_prefix(Asked(), (2, None, 4), (2, 3))
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 2 and 3"):
        rules.merge_prefix(Asked(), (2, 4), (3,))
