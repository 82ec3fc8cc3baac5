import numpy as np
import pytest

import autograd_lite as tf

pytest.importorskip("PIL")


def test_files_can_be_read_under_io_too():
    for name in ("decode_png", "decode_jpeg", "decode_gif", "decode_bmp", "decode_image", "encode_jpeg", "is_jpeg", "extract_jpeg_shape"):
        assert getattr(tf.io, name) is getattr(tf.image, name)


def test_channels_of_another_number_are_refused_while_building():
    with pytest.raises(ValueError, match="`channels` must be in"):
        tf.image.decode_image(b"", channels=2)


def test_jpeg_leaves_more_traces_at_lower_quality():
    pixels = np.random.default_rng(1).uniform(size=(16, 16, 3)).astype(np.float32)
    with tf.Session() as session:
        errors = [np.abs(session.run(tf.image.adjust_jpeg_quality(pixels, quality)) - pixels).mean() for quality in (5, 50, 100)]
    assert errors[0] > errors[1] > errors[2]


def test_a_random_quality_stays_the_same_for_a_seed():
    pixels = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    runs = []
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            runs.append(session.run(tf.image.random_jpeg_quality(pixels, 10, 90, seed=3)))
    np.testing.assert_array_equal(*runs)
    assert runs[0].dtype == np.uint8
    with pytest.raises(ValueError, match="between 0 and 100"):
        tf.image.random_jpeg_quality(pixels, 10, 190)
    with pytest.raises(ValueError, match="must be less than"):
        tf.image.random_jpeg_quality(pixels, 50, 50)
