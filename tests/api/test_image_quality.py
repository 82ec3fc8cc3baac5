import numpy as np
import pytest

import autograd_lite as tf

IMAGE = np.random.RandomState(0).rand(2, 16, 17, 3).astype(np.float32)
NOISY = np.clip(IMAGE + 0.1 * np.random.RandomState(1).randn(2, 16, 17, 3), 0, 1).astype(np.float32)


def _run(tensor):
    with tf.Session() as session:
        return session.run(tensor)


def test_similarity_and_noise_are_tensorflows_numbers():
    np.testing.assert_allclose(_run(tf.image.ssim(IMAGE, NOISY, 1.0)), [0.9451886, 0.95395637], rtol=1e-5)
    np.testing.assert_allclose(_run(tf.image.psnr(IMAGE, NOISY, 1.0)), [20.596392, 20.61785], rtol=1e-5)
    whole = [(image * 255).astype(np.uint8) for image in (IMAGE, NOISY)]
    np.testing.assert_allclose(_run(tf.image.ssim(*whole, 255)), [0.945214, 0.95391256], rtol=1e-5)
    np.testing.assert_allclose(_run(tf.image.psnr(*whole, 255)), [20.592617, 20.61373], rtol=1e-5)


@pytest.mark.parametrize("known", [True, False])
def test_scales_of_odd_sizes_repeat_their_edge(known):
    large = [np.repeat(np.repeat(image, 3, 1), 3, 2)[:, :47, :49] for image in (IMAGE, NOISY)]
    inputs = [tf.placeholder(tf.float32, image.shape if known else None) for image in large]
    similarity = tf.image.ssim_multiscale(*inputs, 1.0, power_factors=[0.5, 0.5], filter_size=5)
    with tf.Session() as session:
        got = session.run(similarity, dict(zip(inputs, large)))
    np.testing.assert_allclose(got, [0.929735, 0.93395346], rtol=1e-5)


def test_images_of_different_sizes_are_refused():
    with pytest.raises(ValueError):
        tf.image.ssim(tf.zeros([1, 16, 16, 1]), tf.zeros([1, 16, 15, 1]), 1.0)
    with pytest.raises(ValueError, match="Two images are not compatible"):
        tf.image.ssim(tf.zeros([2, 16, 16, 1]), tf.zeros([3, 16, 16, 1]), 1.0)
    image = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError), tf.Session() as session:
        session.run(tf.image.ssim(image, image, 1.0), {image: np.zeros((1, 8, 8, 1))})


def test_slopes_of_an_image_are_where_it_changes():
    step = np.zeros((1, 4, 4, 1), np.float32)
    step[:, 2:] = 1
    slopes = _run(tf.image.sobel_edges(step))
    assert slopes[0, 1, 1].tolist() == [[4, 0]] and not slopes[..., 1].any()
    down, across = _run(tf.image.image_gradients(step))
    assert down[0, 1].ravel().tolist() == [1, 1, 1, 1] and not across.any()
    assert _run(tf.image.total_variation(step)).tolist() == [4]
