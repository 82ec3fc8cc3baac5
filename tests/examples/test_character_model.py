from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "character_model.py"


def test_a_text_is_learned_and_another_one_written(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("ab cd ef gh. " * 200, encoding="utf-8")
    done = python(PROGRAM, "--text", text, "--epochs", "14", "--length", "26")
    assert done.returncode == 0, done.stderr
    first, *losses, written = done.stdout.splitlines()
    assert first == "2600 characters, 10 different ones"
    assert float(losses[-1].split()[-1]) < 0.5 and written[0] == "a" and len(written) == 27


def test_the_sonnets_come_with_it():
    done = python(PROGRAM, "--epochs", "2", "--length", "10")
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "3073 characters, 51 different ones"


def test_a_text_that_is_too_short_is_refused(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("too short", encoding="utf-8")
    done = python(PROGRAM, "--text", text)
    assert done.returncode and "has 9 characters; at least 33 are needed" in done.stderr
