import pytest

from autograd_lite.lib import v2_switches, variables


def test_asking_for_tf1_is_always_granted():
    variables.enable_resource_variables()
    v2_switches.disable_v2_behavior()
    assert variables.resource_variables_enabled() is False
    for switch in ("disable_eager_execution", "disable_tensor_equality", "disable_v2_tensorshape", "disable_control_flow_v2"):
        assert getattr(v2_switches, switch)() is None
    v2_switches.enable_control_flow_v2()
    assert v2_switches.control_flow_v2_enabled() is False
    assert v2_switches.executing_eagerly() is False


@pytest.mark.parametrize("switch", ["enable_eager_execution", "enable_v2_behavior", "enable_tensor_equality", "enable_v2_tensorshape"])
def test_asking_for_tf2_is_refused_with_what_to_do_instead(switch):
    with pytest.raises(RuntimeError, match=rf"tf\.{switch}\(\) is TF2's behaviour; autograd_lite runs TF1 programs: .+"):
        getattr(v2_switches, switch)()
