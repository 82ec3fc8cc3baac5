import numpy as np
import pytest

import autograd_lite as tf

FUNCTIONS = [
    "crop_and_resize", "extract_glimpse", "extract_image_patches", "extract_patches", "draw_bounding_boxes",
    "sample_distorted_bounding_box", "non_max_suppression", "non_max_suppression_padded", "non_max_suppression_with_scores",
    "non_max_suppression_overlaps", "combined_non_max_suppression", "decode_png", "decode_jpeg", "encode_png", "encode_jpeg",
    "decode_image", "decode_gif", "decode_bmp", "is_jpeg", "psnr", "ssim", "ssim_multiscale", "total_variation", "sobel_edges",
    "image_gradients",
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_is_public(name):
    assert callable(getattr(tf.image, name))


def test_old_and_new_names_of_an_argument_exclude_each_other():
    image, boxes = tf.zeros([1, 4, 4, 1]), tf.zeros([1, 4])
    assert tf.image.crop_and_resize(image, boxes, box_indices=[0], crop_size=[2, 2]).shape == [1, 2, 2, 1]
    with pytest.raises(ValueError, match="Cannot specify both"):
        tf.image.crop_and_resize(image, boxes, [0], [2, 2], box_indices=[0])
    ones = [1, 1, 1, 1]
    assert tf.extract_image_patches(image, sizes=[1, 2, 2, 1], strides=ones, rates=ones, padding="VALID").shape == [1, 3, 3, 4]


def test_crops_have_gradients_to_second_order():
    image = tf.constant(np.arange(32, dtype=np.float32).reshape(1, 4, 8, 1) ** 2)
    boxes = tf.constant([[0.1, 0.2, 0.7, 0.8]])
    crops = tf.image.crop_and_resize(image, boxes, [0], [2, 3])
    to_image, to_boxes = tf.gradients(tf.square(crops), [image, boxes])
    with tf.Session() as session:
        values, back, edges = session.run([crops, to_image, to_boxes])
        np.testing.assert_allclose(np.sum(back), 2 * np.sum(values), rtol=1e-5)
        assert np.all(edges > 0)  # the image grows downwards and to the right
        (second,) = tf.gradients(to_image, image)
        weights = tf.image.crop_and_resize(tf.ones([1, 4, 8, 1]), boxes, [0], [2, 3])
        wanted = tf.gradients(weights * crops * 2, image)[0]
        np.testing.assert_allclose(*session.run([second, wanted]), rtol=1e-5)


def test_the_total_size_is_a_constant_where_the_release_says():
    names = {}
    for release in ("1.15", "2.21"):
        tf.set_release(release)
        try:
            with tf.Graph().as_default() as graph:
                tf.image.combined_non_max_suppression(tf.zeros([1, 2, 1, 4]), tf.zeros([1, 2, 3]), 3, 4)
                names[release] = [op.name for op in graph.get_operations() if "total_size" in op.name or op.name.endswith("/Const")]
        finally:
            tf.set_release("1.15")
    scope = "combined_non_max_suppression"
    assert names["1.15"] == [f"{scope}/CombinedNonMaxSuppression/max_total_size"]
    assert names["2.21"] == [f"{scope}/Const"]


def test_no_seed_is_taken_from_the_graph():
    tf.set_random_seed(4)
    begin, _, _ = tf.image.sample_distorted_bounding_box([20, 30, 3], tf.zeros([1, 1, 4]), seed=3)
    assert (begin.op.get_attr("seed"), begin.op.get_attr("seed2")) == (3, 0)
