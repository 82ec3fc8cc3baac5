import re
import runpy

from tests.programs_run import ROOT, python

README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "images" / "quadratic.svg"


def test_the_first_program_prints_what_its_comments_say():
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    done = python("-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == re.findall(r"print\(.*?# (\S+)", program) == ["0.0", "0.099999994", "4.9999886"]


def test_the_picture_is_the_one_that_the_library_draws():
    drawn = runpy.run_path(str(ROOT / "docs" / "graph_picture.py"))["picture_of_the_quadratic"]()
    assert drawn == PICTURE.read_text(encoding="utf-8"), "run python docs/graph_picture.py"
    assert str(PICTURE.relative_to(ROOT)) in README


def test_each_command_to_paste_is_one_line():
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    installing = [block for block in blocks if "pip install" in block]
    assert len(installing) == 2
    assert all(block.count("\n") == 1 and block.startswith("python3 -m venv") for block in installing)
    assert "python -m autograd_lite demo" in installing[0] and "python -m pytest" in installing[1]


def test_there_are_as_many_ops_as_it_says():
    count = int(re.search(r"more than (\d+) ops", README).group(1))
    every = python("-c", "import autograd_lite as tf; print(len(dir(tf.raw_ops)))")
    assert int(every.stdout) > count, every.stderr


def test_every_link_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if not link.startswith("http")]
    assert links and all((ROOT / link).exists() for link in links)
