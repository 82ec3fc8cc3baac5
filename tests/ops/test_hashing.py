import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run

WORDS = np.array([b"hello", b"", b"a b  c"], object)


def test_buckets_are_the_hash_values_modulo():
    assert run("StringToHashBucketFast", WORDS, num_buckets=1000).dtype == np.int64
    assert run("StringToHashBucketFast", WORDS, num_buckets=1).tolist() == [0, 0, 0]
    assert run("StringToHashBucketStrong", WORDS, num_buckets=100, key=[-1, 2]).shape == (3,)
    assert complaint(run, "StringToHashBucketStrong", WORDS, num_buckets=100, key=[1]) == "Key must have 2 elements"


def test_fingerprints_are_of_rows_and_of_rows_of_strings():
    method = np.array(b"farmhash64", object)
    numbers = fed("Fingerprint", np.arange(6, dtype=np.uint8).reshape(2, 3), method)
    assert numbers.shape == (2, 8)
    assert numbers[0].tolist() == run("Fingerprint", np.array([bytes([0, 1, 2])], object), method)[0].tolist()
    assert run("Fingerprint", WORDS.reshape(3, 1), method).tolist() == run("Fingerprint", WORDS, method).tolist()


@pytest.mark.parametrize(("data", "method", "text"), [
    (np.array([1]), b"md5", "Unsupported fingerprint method: md5"),
    (np.array(1), b"farmhash64", "`data` should have at least one dimension: []"),
])  # fmt: skip
def test_other_methods_and_scalars_are_refused(data, method, text):
    assert complaint(fed, "Fingerprint", data, np.array(method, object)) == text
