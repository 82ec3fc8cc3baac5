import math

import pytest

import autograd_lite as tf


class Parent:
    @staticmethod
    def greet():
        return "hello"


class Child(Parent):
    pass


def test_attributes_are_put_back_the_last_first():
    stubs, sqrt = tf.test.StubOutForTesting(), math.sqrt
    stubs.Set(math, "sqrt", lambda x: 1)
    stubs.Set(math, "sqrt", lambda x: 2)
    assert math.sqrt(9) == 2
    stubs.UnsetAll()
    assert math.sqrt is sqrt


def test_smart_replacement_goes_to_the_class_that_has_it():
    with tf.test.StubOutForTesting() as stubs:
        stubs.SmartSet(Child, "greet", staticmethod(lambda: "replaced"))
        assert Parent.greet() == Child().greet() == "replaced" and "greet" not in vars(Child)
    assert Parent.greet() == Child().greet() == "hello" and isinstance(vars(Parent)["greet"], staticmethod)


def test_what_is_not_there_cannot_be_replaced():
    with pytest.raises(AttributeError, match=r"Attribute not found\."):
        tf.test.StubOutForTesting().SmartSet(Child, "nothing", 1)
