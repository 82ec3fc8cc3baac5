"""What goes wrong with files is told with the classes of `tf.errors`."""

import errno
import os

import pytest

from autograd_lite.core import errors
from autograd_lite.wire.files import error_of, make_folders, opened, read_bytes, text_path


def test_a_missing_file_is_not_found(tmp_path):
    for attempt in (lambda path: opened(path, "rb"), read_bytes):
        with pytest.raises(errors.NotFoundError, match="none; No such file or directory$"):
            attempt(str(tmp_path / "none"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(errors.FailedPreconditionError, match="Is a directory$"):
        opened(str(tmp_path), "rb")


@pytest.mark.parametrize(
    "number, kind",
    [
        (errno.EACCES, errors.PermissionDeniedError),
        (errno.ENOSPC, errors.ResourceExhaustedError),
        (errno.EEXIST, errors.AlreadyExistsError),
        (errno.EIO, errors.UnknownError),
    ],
)
def test_each_number_of_the_system_has_its_class(number, kind):
    error = error_of(OSError(number, os.strerror(number)), "/a/b")
    assert type(error) is kind and str(error) == f"/a/b; {os.strerror(number)}"


def test_folders_are_made_and_the_one_that_cannot_be_made_is_named(tmp_path):
    make_folders(str(tmp_path / "a" / "b"))
    make_folders(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.FailedPreconditionError, match="file/x; Not a directory$"):
        make_folders(str(tmp_path / "file" / "x" / "y"))


def test_a_path_with_a_nul_character_is_refused():
    assert text_path(b"/a") == "/a"
    with pytest.raises(errors.InvalidArgumentError, match="NUL"):
        text_path("/a\0b")
