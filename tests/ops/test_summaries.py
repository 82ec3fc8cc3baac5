"""What the summary ops write; the expected numbers are TensorFlow's."""

import io
import wave

import numpy as np
import pytest

import autograd_lite as tf
from tests.ops.kernels import complaint, run


def _summary(name, *inputs, **attrs):
    return list(tf.Summary.FromString(run(name, *inputs, **attrs)).value)


def _pixels(encoded):
    pytest.importorskip("PIL")
    return run("DecodePng", np.array(encoded, object))


def _picture(image, **attrs):
    (value,) = _summary("ImageSummary", b"t", np.asarray(image)[None], max_images=1, **attrs)
    return _pixels(value.image.encoded_image_string).tolist()


def test_numbers_are_noted_under_their_tags():
    two = _summary("ScalarSummary", np.array([b"a", b"b"], object), [1.0, 2.0])
    assert [(value.tag, value.simple_value) for value in two] == [("a", 1.0), ("b", 2.0)]
    (large,) = _summary("ScalarSummary", b"a", np.int64(2**60 + 1))
    assert large.simple_value == 2.0**60


def test_as_many_tags_as_numbers_are_wanted():
    assert complaint(run, "ScalarSummary", np.array([b"a", b"b"], object), [1.0]) == "tags and values are not the same shape: [2] != [1]"
    assert complaint(run, "ScalarSummary", b"a", [1.0]) == "tags and values are not the same shape: [] != [1] (tag 'a')"
    assert "must be UTF-8" in complaint(run, "ScalarSummary", b"\xff", 1.0)


def test_a_histogram_keeps_the_ends_of_runs_of_empty_buckets():
    (value,) = _summary("HistogramSummary", b"h", [-1.0, 0.0, 1.0, 100.0])
    histogram = value.histo
    assert (histogram.min, histogram.max, histogram.num, histogram.sum, histogram.sum_squares) == (-1, 100, 4, 100, 10002)
    assert list(histogram.bucket) == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    limits = [-1.0089710279437536, -0.917246389039776, 0, 1e-12, 0.917246389039776, 1.0089710279437536, 97.88757810018231]
    assert list(histogram.bucket_limit) == [*limits, 107.67633591020055, np.finfo(float).max]


def test_a_histogram_of_nothing_has_one_empty_bucket():
    (value,) = _summary("HistogramSummary", b"h", np.zeros(0, np.float32))
    largest = np.finfo(float).max
    assert (value.histo.min, value.histo.max) == (largest, -largest)
    assert (list(value.histo.bucket), list(value.histo.bucket_limit)) == ([0], [largest])


def test_a_histogram_of_what_is_not_finite_is_refused():
    assert complaint(run, "HistogramSummary", b"h", [1.0, float("nan"), float("inf")]) == "Nan in summary histogram for: h"
    assert complaint(run, "HistogramSummary", b"h", [1.0, float("-inf")]) == "Infinity in Histogram for: h"
    assert complaint(run, "HistogramSummary", np.array([b"h"], object), [1.0]) == "tags must be scalar"


@pytest.mark.parametrize(
    ("image", "pixels"),
    [
        ([[0.0, 0.5], [1.0, 0.3]], [[0, 127], [255, 76]]),
        ([[-1.0, 0.5], [1.0, 0.3]], [[1, 191], [255, 166]]),
        ([[-3.0, 0.5], [1.0, 0.3]], [[1, 149], [170, 140]]),
        ([[300.0, 0.5], [1e-3, np.nan]], [[255, 0], [0, 255]]),
        ([[1e-7, 0.0]], [[0, 0]]),
        ([[1e-7, -1e-7]], [[128, 128]]),
        ([[2e-6, -1e-6]], [[255, 64]]),
    ],
)
def test_floats_are_scaled_to_bytes_as_tensorflow_does(image, pixels):
    assert _picture(np.float32(image)[..., None]) == np.array(pixels)[..., None].tolist()


def test_the_scale_is_a_float32_for_every_type():
    wide = np.array([[[0.7], [0.3]]]) * 0.9999
    assert (_picture(wide), _picture(wide.astype(np.float32))) == ([[[254], [109]]], [[[255], [109]]])
    half = np.float16([[[-3.0], [0.5]], [[1.0], [0.3]]])
    assert _picture(half) == [[[1], [149]], [[170], [140]]]


def test_pixels_that_are_not_finite_get_the_bad_color():
    image = np.float32([[[300, 2, 3], [np.inf, 4, 500]], [[1e-3, 1, 1], [-np.inf, 0, 0]]])
    assert _picture(image) == [[[255, 1, 2], [255, 0, 0]], [[0, 0, 0], [255, 0, 0]]]
    assert _picture(image, bad_color=np.array([1, 2, 3, 4], np.uint8))[0][1] == [1, 2, 3]


def test_pictures_are_numbered_unless_there_can_be_only_one():
    batch = np.full([4, 1, 2, 4], 7, np.uint8)
    several, one = _summary("ImageSummary", b"t", batch), _summary("ImageSummary", b"t", batch, max_images=1)
    assert [value.tag for value in several] == ["t/image/0", "t/image/1", "t/image/2"]
    assert [(value.tag, value.image.height, value.image.width, value.image.colorspace) for value in one] == [("t/image", 1, 2, 4)]
    assert (_pixels(one[0].image.encoded_image_string) == batch[0]).all()
    assert _summary("ImageSummary", b"t", batch[:0]) == []


def test_wrong_pictures_are_refused():
    def text(shape, dtype=np.uint8, **attrs):
        return complaint(run, "ImageSummary", b"t", np.zeros(shape, dtype), **attrs)

    assert text([1, 1, 1, 2]) == "Tensor must be 4-D with last dim 1, 3, or 4, not [1,1,1,2]"
    assert text([1, 0, 1, 1]) == "input tensor must have non-zero dims. Found: [1, 0, 1, 1]."
    assert text([1, 1, 1, 4], bad_color=np.zeros(3, np.uint8)) == "expected depth <= bad_color.size, got depth = 4, bad_color.size = 3"
    assert text([1, 1, 1, 1], bad_color=np.zeros(3, np.float32)) == "bad_color must be uint8, got float32"
    assert complaint(run, "ImageSummary", np.array([b"a"], object), np.zeros([1, 1, 1, 1], np.uint8)) == "Tags must be a scalar"


def test_sound_becomes_wav():
    line = np.linspace(-1.2, 1.2, 9, dtype=np.float32)
    (value,) = _summary("AudioSummaryV2", b"t", np.stack([line, line], -1)[None], np.float32(44100.5), max_outputs=1)
    audio = value.audio
    told = (value.tag, audio.sample_rate, audio.num_channels, audio.length_frames, audio.content_type)
    assert told == ("t/audio", 44100.5, 2, 9, "audio/wav")
    with wave.open(io.BytesIO(audio.encoded_audio_string)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44100, 2, 2)
        samples = np.frombuffer(file.readframes(9), "<i2").reshape(9, 2)
    assert samples[:, 0].tolist() == samples[:, 1].tolist() == [-32768, -29491, -19661, -9830, 0, 9830, 19661, 29491, 32767]


def test_sounds_without_channels_have_one():
    found = _summary("AudioSummaryV2", b"t", np.zeros([5, 2], np.float32), 8000.0)
    assert [(value.tag, value.audio.num_channels, value.audio.length_frames) for value in found] == [
        ("t/audio/0", 1, 2),
        ("t/audio/1", 1, 2),
        ("t/audio/2", 1, 2),
    ]


def test_wrong_sounds_are_refused():
    assert complaint(run, "AudioSummaryV2", b"t", np.zeros([9], np.float32), 8000.0) == "Tensor must be 3-D or 2-D, got: [9]"
    assert complaint(run, "AudioSummaryV2", b"t", np.zeros([1, 9], np.float32), -1.0) == "sample_rate must be > 0"
    assert "WAV file cannot hold" in complaint(run, "AudioSummaryV2", b"t", np.zeros([1, 1, 70000], np.float32), 8000.0)


def test_a_whole_tensor_is_kept_with_its_metadata():
    metadata = tf.SummaryMetadata(display_name="q")
    (value,) = _summary("TensorSummaryV2", b"t", np.array([b"x", b"y"], object), metadata.SerializeToString())
    assert value.metadata == metadata and tf.make_ndarray(value.tensor).tolist() == [b"x", b"y"]
    (plain,) = _summary("TensorSummaryV2", b"t", [1.0], b"no message")
    assert plain.HasField("metadata") and plain.metadata == tf.SummaryMetadata()
    assert complaint(run, "TensorSummaryV2", np.array([b"t"], object), [1.0], b"") == "tag must be scalar"


def _point(tag):
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=1)]).SerializeToString()


def test_summaries_are_merged_unless_a_tag_occurs_twice():
    merged = _summary("MergeSummary", (np.array([b"", _point("a")], object), np.array(_point("b"), object)))
    assert [value.tag for value in merged] == ["a", "b"]
    twice = np.array([_point("a")], object)
    assert complaint(run, "MergeSummary", (twice, twice)) == "Duplicate tag a found in summary inputs "
    assert complaint(run, "MergeSummary", (np.array([b"zz"], object),)) == "Could not parse one of the summary inputs"
