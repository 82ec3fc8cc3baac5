import subprocess
import sys

import pytest

from autograd_lite.lib import flags
from autograd_lite.lib.flags import FlagValues


@pytest.fixture
def values():
    made = FlagValues()
    flags.DEFINE_integer("n", 3, "count", flag_values=made, short_name="k")
    flags.DEFINE_float("rate", 1, "step", flag_values=made)
    flags.DEFINE_boolean("b", True, "switch", flag_values=made)
    flags.DEFINE_string("s", None, "text", flag_values=made)
    flags.DEFINE_enum("e", "x", ["x", "y"], "which", flag_values=made)
    flags.DEFINE_list("items", "p,q", "list", flag_values=made)
    flags.DEFINE_multi_integer("many", [1], "many", flag_values=made)
    return made


def test_defaults_have_the_type_of_the_flag(values):
    values.mark_as_parsed()
    assert values.flag_values_dict() == {"n": 3, "rate": 1.0, "b": True, "s": None, "e": "x", "items": ["p", "q"], "many": [1]}
    assert isinstance(values.rate, float)


def test_all_forms_of_giving_a_value_are_read(values):
    line = ["prog", "-n", "5", "rest", "--nob", "--items=x,y", "--many=3", "--many", "4", "--rate=-0.5", "--s", "-1", "--", "--n=9"]
    assert values(line) == ["prog", "rest", "--n=9"]
    assert (values.n, values.b, values.items, values.many, values.rate, values.s) == (5, False, ["x", "y"], [3, 4], -0.5, "-1")
    assert values["n"].present == 1


def test_a_boolean_takes_no_second_argument(values):
    assert values(["prog", "--b", "false"]) == ["prog", "false"]
    assert values.b is True
    values(["prog", "--b=f"])
    assert values.b is False


def test_the_last_of_two_wins_and_a_short_name_works(values):
    values(["prog", "-k=7", "--n=0x10"])
    assert values.n == 16


@pytest.mark.parametrize(
    "argument, kind, message",
    [
        ("--n=x", flags.IllegalFlagValueError, "flag --n=x: invalid literal for int() with base 10: 'x'"),
        ("--rate=x", flags.IllegalFlagValueError, "flag --rate=x: could not convert string to float: 'x'"),
        ("--b=x", flags.IllegalFlagValueError, "flag --b=x: ('Non-boolean argument to boolean flag', 'x')"),
        ("--e=z", flags.IllegalFlagValueError, "flag --e=z: value should be one of <x|y>"),
        ("--zzz=1", flags.UnrecognizedFlagError, "Unknown command line flag 'zzz'"),
        ("--itemz=1", flags.UnrecognizedFlagError, "Unknown command line flag 'itemz'. Did you mean: items ?"),
        ("--n", flags.Error, "Missing value for flag --n"),
    ],
)
def test_a_bad_command_line_says_what_is_wrong_and_changes_nothing(values, argument, kind, message):
    with pytest.raises(kind) as caught:
        values(["prog", "--many=9", argument])
    assert str(caught.value) == message
    assert not values.is_parsed()
    assert values["many"].value == [1]


def test_unknown_flags_are_left_alone_when_only_known_ones_are_wanted(values):
    assert values(["prog", "--zz=x", "--nm", "2", "r", "--n=3"], known_only=True) == ["prog", "--zz=x", "--nm", "2", "r"]


def test_a_required_flag_must_have_a_value(values):
    flags.mark_flags_as_required(["s"], values)
    with pytest.raises(flags.IllegalFlagValueError, match="flag --s=None: Flag --s must have a value other than None."):
        values(["prog"])
    values(["prog", "--s=here"])
    assert values.s == "here"


def test_the_first_access_reads_the_command_line(values, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["prog", "--n=8"])
    assert values.n == 8
    monkeypatch.setattr(sys, "argv", ["/x/ipykernel_launcher.py", "-f", "kernel.json"])
    values.unparse_flags()
    assert values.n == 8


def test_values_can_be_set_and_flags_removed(values):
    values.n = 4
    values.set_default("rate", 2)
    values.mark_as_parsed()
    assert (values.n, values.rate) == (4, 2.0)
    del values.n
    assert "n" not in values and len(values) == 6
    with pytest.raises(flags.UnrecognizedFlagError, match="Unknown command line flag 'qqq'"):
        values.qqq = 1
    with pytest.raises(AttributeError, match="itemss. Did you mean: items"):
        values.itemss


def test_old_programs_may_list_the_flags_by_their_private_name(values):
    assert sorted(getattr(values, "__flags")) == ["b", "e", "items", "many", "n", "rate", "s"]
    assert values.__flags["n"].value == 3


def test_defining_twice_is_refused(values):
    message = "The flag 'n' is defined twice. First from .*, second from .*Description from first occurrence: count"
    with pytest.raises(flags.DuplicateFlagError, match=message):
        flags.DEFINE_integer("n", 4, "other", flag_values=values)
    assert values["n"].value == 3


def test_a_default_of_the_wrong_kind_is_refused(values):
    for define, default in [(flags.DEFINE_integer, 1.5), (flags.DEFINE_integer, "q"), (flags.DEFINE_string, 5)]:
        with pytest.raises(flags.IllegalFlagValueError):
            define("new", default, "", flag_values=values)
    assert "new" not in values


def test_bounds_are_kept(values):
    flags.DEFINE_integer("port", 80, "", lower_bound=1, upper_bound=99, flag_values=values)
    with pytest.raises(flags.IllegalFlagValueError, match=r"100 is not within \[1, 99\]"):
        values(["prog", "--port=100"])


PROGRAM = '''
"""Counts."""
from autograd_lite.lib import app, flags
flags.DEFINE_integer("n", 3, "how many")
def main(argv):
    print(flags.FLAGS.n, argv[1:])
    return 7
if __name__ == "__main__":
    app.run()
'''


@pytest.mark.parametrize(
    "arguments, status, out, err",
    [
        (["--n=4", "--other=1", "x"], 7, "4 ['--other=1', 'x']", ""),
        (["--n=y"], 1, "", "FATAL Flags parsing error: flag --n=y"),
        (["--help"], 1, "Counts.", ""),
    ],
)
def test_app_run_reads_flags_calls_main_and_exits_with_its_result(arguments, status, out, err):
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True)
    assert done.returncode == status
    assert out in done.stdout
    assert err in done.stderr


def test_the_help_page_shows_each_flag_with_its_default(values):
    page = values.get_help()
    assert "--n: count\n    (integer; default: 3)" in page
    assert "--[no]b: switch" in page
