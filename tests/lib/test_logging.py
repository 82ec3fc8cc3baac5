import logging as python_logging

import pytest

from autograd_lite.lib import logging


@pytest.fixture
def fresh_process(monkeypatch):
    """Call it in the test: pytest's own handlers come after the fixtures."""
    logger, level = python_logging.getLogger("tensorflow"), python_logging.getLogger("tensorflow").level

    def forget():
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(python_logging.getLogger(), "handlers", [])
        logger.setLevel(python_logging.NOTSET)

    yield forget
    logger.setLevel(level)


def test_warnings_are_shown_and_information_is_not_until_asked(capsys, fresh_process):
    fresh_process()
    logging.info("quiet %d", 1)
    logging.warn("loud %d", 2)
    logging.set_verbosity(logging.INFO)
    logging.info("now %s", "shown")
    assert capsys.readouterr().err == "WARNING:tensorflow:loud 2\nINFO:tensorflow:now shown\n"
    assert logging.get_verbosity() == logging.INFO == 20


def test_first_n_and_every_n_count_by_line(capsys, fresh_process):
    fresh_process()
    for i in range(5):
        logging.log_first_n(logging.ERROR, "first %d", 2, i)
        logging.log_every_n(logging.ERROR, "every %d", 3, i)
    lines = capsys.readouterr().err.split("\n")
    assert [line.rpartition(":")[2] for line in lines[:-1]] == ["first 0", "every 0", "first 1", "every 3"]


def test_log_if_and_the_other_levels(capsys, fresh_process):
    fresh_process()
    logging.log_if(logging.ERROR, "no", False)
    logging.log_if(logging.ERROR, "yes", True)
    logging.error("e")
    logging.fatal("f")
    logging.vlog(logging.ERROR, "v")
    logging.log(logging.FATAL, "l")
    logging.task_level_status_message("t")
    logging.debug("d")
    logging.flush()
    assert [line[-1] for line in capsys.readouterr().err.splitlines()] == ["s", "e", "f", "v", "l", "t"]


def test_a_program_that_set_up_pythons_logging_gets_the_messages_once(capsys, fresh_process):
    fresh_process()
    seen = []
    handler = python_logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())
    python_logging.getLogger().addHandler(handler)
    logging.error("once")
    assert seen == ["once"]
    assert capsys.readouterr().err == ""
