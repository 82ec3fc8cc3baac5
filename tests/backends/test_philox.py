"""The random streams equal those that TensorFlow 2.21 gave for the same seeds."""
import concurrent.futures
import hashlib

import numpy as np
import pytest

from autograd_lite.backends import philox
from autograd_lite.backends.philox import PhiloxStream, block_at, stateless_key, words_at

# (sampler, dtype, count): SHA-256 of the bytes that TensorFlow's op with seeds (7, 5) gave in its first and second run.
RECORDED = {
    ("uniform", "float32", 100003): ("7554c8c10ad0846dc1fdacf08f0a1900720eff7dae2bb9e81a21528a2efe2d15",
                                     "e5b1d295525defae8bb1247bc39341339ac2315ed398c8e26cdaf0b3d98385c8"),
    ("normal", "float32", 100003): ("d5165511d0e0bb02e313ed8e82af80a61038df5dbc8da071e67b72f2d1637762",
                                    "d7a1a44b1d755e1d23b92e3039da5a9510fc89fbc39b781a242259c9556657e6"),
    ("truncated_normal", "float32", 100003): ("a7fb3c4fc0eb4ac2b0a304ba420657ceeb396ffe58cee75f9d5c4eedff924536",
                                              "176f71b8b5a95b4e2aac0aa24010f28a52825bc47bc0fba595dc36af7c27577a"),
    ("uniform", "float64", 30001): ("2e524fa24e8f5db8e03a0bbec82637b374bf64b25031ae30b198295685b9ffe5",
                                    "2b24c29cf1d7f3e2bc41af7fe261f60ff581c4b9854ad3e925a028e99f96d1eb"),
    ("uniform", "float16", 1001): ("7f271866c40245a41f27f76aff1c3a67a8d04b13a7d5ceecb48221211d778530",
                                   "70c06dce9723b71ce68b3a0a654000fa5b41ec6328c5155b359fbe9847d665ee"),
    ("normal", "float16", 1001): ("5707b5f3614bc9413c19190bf0a570227077fcdfe2e69059bd72199c9b86daf8",
                                  "1f637b0b103f96c8802a640b0c4348603662335e41cf15eb89a76c2a618daa9b"),
    ("truncated_normal", "float16", 1001): ("368491e5b910d1ba4a3926ea5e5826be28e67f68c2c0510aa64941dc8d89c169",
                                            "3f8b69c5267ee43798330ed7caaf7a43db37ed35ae48c630b2ed64e34a256424"),
    ("uniform", "bfloat16", 1001): ("f9e3ead40a26c78c409fd101de2ea0dc2b60c49ffbc78eba44129d3029490469",
                                    "ce89589334c8adc749be29f66a1e368e38428885ef6fb199f86c9866030816a8"),
    ("normal", "bfloat16", 1001): ("56a6fd076efc0f8d394fc62a75b5f25dc0d34c6b81228772124cc8d5a1ba28b2",
                                   "40d127ae62ae08f305976a76bd6306906e7b720bdefc3b46ddbf61bb6d60db26"),
    ("truncated_normal", "bfloat16", 1001): ("ca04b10fdbc431a4bec041b0a498c8acedf648af30a148142b511a7591eba643",
                                             "6aea488e21a5a8f1fb9aab2085b45320efc25635937ad627a8d1e7076881820e"),
}
RECORDED_INTEGERS = {  # (lowest, end, dtype, count)
    (0, 1000, "int32", 50001): ("62cc3a461ef607d7b51e216804650c01fef417f3d9ad7c7859ba74c6f2702ff4",
                                "9bc9c59b4caba775917b9a302f7a856a9bb86e4ec0c6c7b9601c42f967c29e2e"),
    (-5, 2**31 - 1, "int32", 1001): (None, "472499b332d88387dbe0768be8681f94ee9625e3d3b990fca20ebb43237a7a19"),
    (-2**62, 2**62 + 5, "int64", 1001): (None, "61b8d47dd4fc7c19b667a0ad89ad6998dc10356c4135ef5b5c19cbd1bbffb574"),
}


@pytest.fixture(autouse=True)
def numpy_alone(monkeypatch):
    monkeypatch.setattr(philox, "_accelerator", None)


def numpy_dtype(name):
    return np.dtype(pytest.importorskip("ml_dtypes").bfloat16) if name == "bfloat16" else np.dtype(name)


def digest(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


@pytest.mark.parametrize(("sampler", "dtype", "count"), RECORDED)
def test_both_runs_equal_tensorflow_in_every_bit(sampler, dtype, count):
    stream = PhiloxStream(7, 5)
    runs = [getattr(stream, sampler)([count], numpy_dtype(dtype)) for _ in range(2)]
    assert tuple(map(digest, runs)) == RECORDED[sampler, dtype, count]


@pytest.mark.parametrize(("low", "end", "dtype", "count"), RECORDED_INTEGERS)
def test_whole_numbers_equal_tensorflow_in_every_bit(low, end, dtype, count):
    stream = PhiloxStream(7, 5)
    for wanted in RECORDED_INTEGERS[low, end, dtype, count]:
        numbers = stream.uniform_int([count], low, end, dtype)
        assert wanted in (None, digest(numbers))
        assert numbers.dtype == dtype
        assert numbers.min() >= low
        assert numbers.max() < end


def test_double_normals_equal_tensorflow_up_to_the_last_bits():
    numbers = PhiloxStream(7, 5).normal([4], np.float64)
    np.testing.assert_allclose(numbers, [0.28778786151244395, -0.225020862598186, 1.0718162326550136, 0.2585943098165158], rtol=1e-15)
    numbers = PhiloxStream(7, 5).truncated_normal([4], np.float64)
    np.testing.assert_allclose(numbers, [0.28778786151244395, -0.225020862598186, 0.3713648927023284, 1.0506343707477168], rtol=1e-15)


def test_double_normals_sum_to_what_tensorflow_summed():
    assert PhiloxStream(7, 5).normal([30001], np.float64).sum() == pytest.approx(-15.100508122262198, abs=1e-9)


def test_shuffle_words_equal_tensorflow():
    stream = PhiloxStream(7, 5)
    digests = []
    for _ in range(2):
        words, deck = stream.words(5000).tolist(), list(range(5000))
        for i in range(4999):
            j = i + words[i] % (5000 - i)
            deck[i], deck[j] = deck[j], deck[i]
        digests.append(digest(np.array(deck, np.int32)))
    assert digests == ["7c434872fe00f68b39916ae540706096d4f2f89cd087dfee515a44a522cc5492",
                       "78ba825a4b77b2fc085412e71ff33d7c360cddccb3b4d258c7417fba94798a4a"]


@pytest.mark.parametrize(("seeds", "uniform", "normal", "truncated", "integers", "doubles"), [
    ((0, 0), [0.2110154628753662, 0.7060099840164185, 0.8000633716583252, 0.7707922458648682, 0.38858866691589355],
     [-1.6970340013504028, -0.4813767075538635, -0.6622369289398193, 0.0870111882686615, -1.0001622438430786],
     [-1.6970340013504028, -0.4813767075538635, -0.6622369289398193, 0.0870111882686615, -0.2657979428768158],
     [0, 9, 8, 8, 6], [0.6881243022270687, 0.4005076135896002, 0.1087096778123815]),
    ((-1, 3), [0.07331395149230957, 0.041379570960998535, 0.7967569828033447, 0.6042357683181763, 0.5779728889465332],
     [0.5876882076263428, 2.2092151641845703, -0.4105983376502991, -0.5346214771270752, -0.5422251224517822],
     [0.5876882076263428, -0.4105983376502991, -0.5346214771270752, -0.5422251224517822, 0.8383939862251282],
     [2, 5, 2, 7, 4], [0.5865125452007718, 0.3740565061648111, 0.6237836062659123]),
])
def test_stateless_seeds_give_what_tensorflow_gave(seeds, uniform, normal, truncated, integers, doubles):
    stream = lambda: PhiloxStream.at(*stateless_key(*seeds))
    assert stream().uniform([5]).tolist() == uniform
    assert stream().normal([5]).tolist() == normal
    assert stream().truncated_normal([5]).tolist() == truncated
    assert stream().uniform_int([5], 0, 10).tolist() == integers
    assert stream().uniform([3], np.float64).tolist() == doubles


def test_block_equals_the_published_vectors():
    # The known answers that come with the authors' Random123 library.
    assert block_at(MASK64, (1 << 128) - 1) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    key = 0xA4093822 | 0x299F31D0 << 32
    counter = 0x243F6A88 | 0x85A308D3 << 32 | 0x13198A2E << 64 | 0x03707344 << 96
    assert block_at(key, counter) == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)


MASK64 = (1 << 64) - 1


@pytest.mark.parametrize("start", [0, 5, (1 << 32) - 3, MASK64 - 20, (1 << 128) - 7])
def test_many_blocks_equal_single_blocks_also_across_a_carry(start):
    blocks = 40
    singles = [word for i in range(blocks) for word in block_at(99, (start + i) % (1 << 128))]
    assert words_at(99, start, 4 * blocks).tolist() == singles


def test_any_number_of_words_begins_the_same_stream():
    whole = words_at(3, 7, 70_000)
    for count in (0, 1, 2, 23, 24, 25, 28, 32_768, 32_769, 65_537):
        np.testing.assert_array_equal(words_at(3, 7, count), whole[:count])


def test_shapes_are_kept_and_empty_shapes_are_fine():
    stream = PhiloxStream(1, 2)
    for draw in (stream.uniform, stream.normal, stream.truncated_normal, stream.full_int):
        assert draw([2, 3]).shape == (2, 3)
        assert draw([]).shape == ()
        assert draw([0, 4]).shape == (0, 4)
    assert stream.uniform_int([3, 1], 0, 2, np.int64).shape == (3, 1)


def test_an_empty_range_is_refused_and_uses_no_numbers():
    stream = PhiloxStream(1, 2)
    with pytest.raises(ValueError, match="Need minval < maxval, got 4 >= 4"):
        stream.uniform_int([3], 4, 4)
    assert stream.counter == PhiloxStream(1, 2).counter


def test_two_zero_seeds_give_a_new_stream_each_time():
    assert PhiloxStream(0, 0).words(4).tolist() != PhiloxStream(0, 0).words(4).tolist()


def test_negative_seeds_are_taken_modulo_two_to_the_64():
    assert PhiloxStream(-1, -2).words(3).tolist() == PhiloxStream(MASK64, MASK64 - 1).words(3).tolist()


def test_threads_share_a_stream_without_giving_any_number_twice():
    stream = PhiloxStream(11, 12)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: tuple(stream.words(8).tolist()), range(200)))
    wanted = PhiloxStream(11, 12).words(1600).reshape(200, 8)
    assert sorted(drawn) == sorted(map(tuple, wanted.tolist()))


def test_truncated_numbers_are_drawn_again_as_often_as_needed():
    numbers = PhiloxStream(5, 6).truncated_normal([200_000])
    assert np.abs(numbers).max() < 2
    assert numbers.std() == pytest.approx(0.8796, abs=0.005)  # sqrt(1 - 4 phi(2) / (2 Phi(2) - 1))


def test_an_accelerator_serves_large_requests_then_small_ones_too_and_may_decline():
    class Constant:
        willing = True

        def words(self, key, counter, out):
            out[...] = 7
            return self.willing

        def uniform(self, key, counter, out):
            out[...] = 0.5
            return self.willing

        def normal(self, key, counter, out, stride=1):
            return self.uniform(key, counter, out)

    philox.set_accelerator(Constant())
    assert set(PhiloxStream(1, 2).uniform([philox.MANY_NUMBERS]).tolist()) == {0.5}
    assert set(PhiloxStream(1, 2).normal([philox.MANY_NUMBERS]).tolist()) == {0.5}
    assert set(PhiloxStream(1, 2).words(philox.MANY_NUMBERS).tolist()) == {7}
    assert len(set(PhiloxStream(1, 2).uniform([100]).tolist())) > 50
    for _ in range(philox.MANY_REQUESTS):
        PhiloxStream(1, 2).uniform([1])
    assert set(PhiloxStream(1, 2).uniform([100]).tolist()) == {0.5}
    Constant.willing = False
    assert len(set(PhiloxStream(1, 2).uniform([philox.MANY_NUMBERS]).tolist())) > 50
    assert len(set(PhiloxStream(1, 2).normal([philox.MANY_NUMBERS]).tolist())) > 50
