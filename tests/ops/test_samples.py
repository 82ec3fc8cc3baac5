import numpy as np

from autograd_lite.ops.samples import arrays, ints, sample, several, values


def test_samples_become_arrays_of_the_types_that_a_graph_would_give():
    made = arrays(sample(1, 2.5, [True, False], ["a"], ints(3, dtype="int64"), several([1.0], [2.0])))
    assert [array.dtype.name for array in made[:5]] == ["int32", "float64", "bool", "object", "int64"]
    assert made[3].tolist() == [b"a"]
    assert isinstance(made[5], list) and len(made[5]) == 2


def test_drawn_numbers_are_the_same_every_time_and_in_their_range():
    drawn = sample(values((50,), 0.5, 2.0), values((3,), dtype="complex128"), values((5,), 0, 9, "int32"))
    for one, other in zip(arrays(drawn), arrays(drawn)):
        np.testing.assert_array_equal(one, other)
    first = arrays(drawn)[0]
    assert 0.5 <= first.min() and first.max() < 2.0
