from types import SimpleNamespace

import autograd_lite as tf
from autograd_lite.cli import private_names


def test_there_is_one_processor():
    (device,) = private_names.list_local_devices()
    assert (device.name, device.device_type) == ("/device:CPU:0", "CPU")
    two = private_names.list_local_devices(tf.ConfigProto(device_count={"CPU": 2}))
    assert [device.name for device in two] == ["/device:CPU:0", "/device:CPU:1"]


def test_shapes_are_made_by_rank():
    assert private_names.scalar_shape().as_list() == []
    assert private_names.vector_shape(3).as_list() == [3]
    assert private_names.matrix_shape(None, 2).as_list() == [None, 2]


def test_the_resources_of_a_graph_are_initialized_together():
    with tf.Graph().as_default(), tf.Session() as session:
        assert private_names.shared_resources() == private_names.local_resources() == []
        v = tf.Variable(3.0)
        tf.add_to_collection(tf.GraphKeys.RESOURCES, SimpleNamespace(create=v.initializer))
        session.run(private_names.initialize_resources(private_names.shared_resources()))
        assert session.run(v) == 3.0
        assert private_names.initialize_resources([]).type == "NoOp"


def test_the_decorator_of_deprecation_changes_nothing():
    def function():
        return 1

    assert private_names.deprecated(None, "use another")(function) is function
