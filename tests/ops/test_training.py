import numpy as np
import pytest

from autograd_lite.graph.opdef import TABLE
from autograd_lite.ops.training import _rounds
from tests.ops.kernels import XP

# name -> states, then inputs with the gradient left out
RULES = {
    "Momentum": (2, {"lr": 0.1, "momentum": 0.9}, {"use_nesterov": True}),
    "Adagrad": (2, {"lr": 0.1}, {"update_slots": True}),
    "AdagradV2": (2, {"lr": 0.1, "epsilon": 0.01}, {"update_slots": True}),
    "ProximalGradientDescent": (1, {"alpha": 0.1, "l1": 0.2, "l2": 0.3}, {}),
    "ProximalAdagrad": (2, {"lr": 0.1, "l1": 0.2, "l2": 0.3}, {}),
    "AdagradDA": (3, {"lr": 0.1, "l1": 0.2, "l2": 0.3, "global_step": np.int64(2)}, {}),
    "RMSProp": (3, {"lr": 0.1, "rho": 0.9, "momentum": 0.5, "epsilon": 0.01}, {}),
    "CenteredRMSProp": (4, {"lr": 0.1, "rho": 0.9, "momentum": 0.5, "epsilon": 2.0}, {}),
    "Adadelta": (3, {"lr": 0.1, "rho": 0.9, "epsilon": 0.01}, {}),
    "Ftrl": (3, {"lr": 0.1, "l1": 0.2, "l2": 0.3, "lr_power": -0.5}, {}),
    "FtrlV2": (3, {"lr": 0.1, "l1": 0.2, "l2": 0.3, "l2_shrinkage": 0.1, "lr_power": -0.5}, {}),
}


def _apply(op, states, grad, indices=None):
    opdef = TABLE[op]
    _, numbers, attrs = RULES[op.replace("Resource", "").replace("Sparse", "").replace("Apply", "")]
    waiting = list(states)
    values = []
    for argument in opdef.inputs:
        if argument.name in opdef.updates:
            values.append(waiting.pop(0))
        elif argument.name in ("grad", "delta"):
            values.append(grad)
        elif argument.name == "indices":
            values.append(indices)
        else:
            number = numbers[argument.name]
            values.append(number if isinstance(number, np.int64) else np.float64(number))
    result = opdef.kernel(XP, *values, *[attrs[name] for name in opdef.kernel_attrs])
    return list(result) if len(states) > 1 else [result]


def _states(rule):
    random = np.random.default_rng(5)
    return [random.uniform(0.5, 1.5, (4, 2)) for _ in range(RULES[rule][0])]


@pytest.mark.parametrize("rule", RULES)
def test_sparse_form_changes_the_named_rows_as_the_dense_form_does(rule):
    states, grad = _states(rule), np.random.default_rng(6).normal(size=(2, 2))
    rows = np.array([3, 1])
    dense = _apply(f"Apply{rule}", [state[rows] for state in states], grad)
    sparse = _apply(f"SparseApply{rule}", [state.copy() for state in states], grad, rows)
    for old, wanted, got in zip(states, dense, sparse):
        np.testing.assert_array_equal(got[rows], wanted)
        np.testing.assert_array_equal(got[[0, 2]], old[[0, 2]])


@pytest.mark.parametrize("rule", RULES)
def test_a_row_named_twice_takes_two_steps(rule):
    states, grad = _states(rule), np.random.default_rng(6).normal(size=(3, 2))
    once = _apply(f"SparseApply{rule}", [state.copy() for state in states], grad[:2], np.array([1, 2]))
    twice = _apply(f"SparseApply{rule}", once, grad[2:], np.array([1]))
    together = _apply(f"ResourceSparseApply{rule}", [state.copy() for state in states], grad, np.array([1, 2, 1]))
    for wanted, got in zip(twice, together):
        np.testing.assert_array_equal(got, wanted)


def test_rounds_never_name_an_index_twice():
    indices = np.array([4, 2, 4, 4, 2, 7])
    rounds = _rounds(indices)
    assert [indices[each].tolist() for each in rounds] == [[4, 2, 7], [4, 2], [4]]
    assert sorted(np.concatenate(rounds).tolist()) == list(range(6))


def test_reference_and_resource_ops_are_one_rule():
    pairs = [(name, f"Resource{name}") for name in TABLE if name.startswith(("Apply", "SparseApply"))]
    assert len(pairs) >= 25
    for name, twin in pairs:
        assert [argument.name for argument in TABLE[name].inputs] == [argument.name for argument in TABLE[twin].inputs]
        assert TABLE[name].__doc__ == TABLE[twin].__doc__
        assert TABLE[name].updates == TABLE[twin].updates
