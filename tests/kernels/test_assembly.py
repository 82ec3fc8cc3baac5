"""The little writer of assembly."""
from autograd_lite.kernels.assembly import Block, Lanes, double_text


def test_numbers_keep_every_bit():
    assert double_text(-2.0) == "0xC000000000000000"
    assert double_text(0.1) == "0x3FB999999999999A"


def test_vectors_are_written_lane_by_lane():
    block = Block()
    lanes = Lanes(block, 2)
    assert lanes.op("add", "i32", lanes.constant("i32", 3), lanes.each("i32", [0, 1])) == "%v0"
    assert block.text() == "  %v0 = add <2 x i32> <i32 3, i32 3>, <i32 0, i32 1>"
    assert lanes.spread("i64", "%x") == "%v2"
    assert block.lines[1:] == ["%v1 = insertelement <2 x i64> poison, i64 %x, i32 0",
                               "%v2 = shufflevector <2 x i64> %v1, <2 x i64> poison, <2 x i32> zeroinitializer"]
