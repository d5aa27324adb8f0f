"""A reward function by the text that names it: what is found, and what is refused in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from triagelab.errors import BadInputError
from triagelab.rewards.audit.callables import subject_of_callable
from triagelab.rewards.audit.target import first_line, guarded, load_target

RIGHT = np.eye(5, 6)
GOOD = (
    "def f(completions, level, **columns):\n    return [float(f'ESI {g}' in c) for c, g in zip(completions, level)]\n"
)


def test_a_file_and_a_module_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my rewards"
    folder.mkdir()
    (folder / "helper_of_mine.py").write_text("WORTH = 2.0\n", encoding="utf-8")
    (folder / "mine.py").write_text("from helper_of_mine import WORTH\n" + GOOD.replace("float(", "WORTH * ("))
    (tmp_path / "in_the_cwd.py").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    np.testing.assert_allclose(subject_of_callable("my rewards/mine.py:f").table, 2 * RIGHT)
    np.testing.assert_allclose(subject_of_callable("in_the_cwd:f").table, RIGHT)
    assert sys.path == before
    for name in ("helper_of_mine", "in_the_cwd"):
        monkeypatch.delitem(sys.modules, name)


FILES = {
    "bad_syntax.py": "def f(:\n",
    "exits.py": "import sys\nsys.exit(3)\n",
    "raises.py": "raise RuntimeError('no key\\nsecond line')\n",
    "missing_import.py": "import no_such_package_at_all\n",
    "good.py": GOOD + "number = 3\nclass Reward:\n    pass\n",
    "notes.txt": "f",
}


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("good.f", "path/to/file.py:function"),
        ("", "path/to/file.py:function"),
        (":f", "path/to/file.py:function"),
        ("good.py:", "path/to/file.py:function"),
        ("no_such_module_here:f", "No module named 'no_such_module_here'"),
        ("no such:f", "no name of a module"),
        ("absent.py:f", "there is no file absent.py"),
        ("good.py:g", "the module has no g; it has Reward, f"),
        ("good.py:f g", "'f g' is no name"),
        ("good.py:number", "number is int, not a function"),
        ("good.py:Reward", "Reward is a class"),
        ("bad_syntax.py:f", "SyntaxError: invalid syntax"),
        ("exits.py:f", "SystemExit: 3"),
        ("raises.py:f", "RuntimeError: no key"),
        ("missing_import.py:f", "No module named 'no_such_package_at_all'"),
        ("./notes.txt:f", "no .py file"),
        ("./:f", "there is no file"),
    ],
)
def test_a_bad_target_is_one_clear_line(
    target: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError) as caught:
        load_target(target)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "second line" not in str(caught.value)


def test_prints_at_import_leave_stdout_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loud.py").write_text("print('hello')\n" + GOOD, encoding="utf-8")
    load_target(f"{tmp_path}/loud.py:f")
    out, err = capsys.readouterr()
    assert out == ""
    assert "hello" in err


def test_a_method_of_an_instance_and_a_dotted_name(tmp_path: Path) -> None:
    text = "class Judge:\n    def pay(self, completions, **columns):\n        return [0.0] * len(completions)\n"
    (tmp_path / "judge.py").write_text(text + "judge = Judge()\n", encoding="utf-8")
    target = load_target(f"{tmp_path}/judge.py:judge.pay")
    assert target.function(completions=["a", "b"]) == [0.0, 0.0]
    with pytest.raises(BadInputError, match=r"the module has no judge\.paid"):
        load_target(f"{tmp_path}/judge.py:judge.paid")


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    for folder, value in (("one", 1.0), ("two", 2.0)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r.py").write_text(f"def f(completions, **c):\n    return [{value}]\n", encoding="utf-8")
    found = [load_target(f"{tmp_path}/{folder}/r.py:f").function(completions=["a"]) for folder in ("one", "two")]
    assert found == [[1.0], [2.0]]


def test_the_path_is_as_before_even_after_an_error(tmp_path: Path) -> None:
    before = list(sys.path)
    with pytest.raises(ZeroDivisionError), guarded([str(tmp_path)]):
        assert str(tmp_path) in sys.path
        _ = 1 / 0
    assert sys.path == before


def test_an_exception_in_one_line() -> None:
    assert first_line(KeyError("x")) == "KeyError: 'x'"
    assert first_line(ValueError("one\ntwo")) == "ValueError: one"
    assert first_line(ValueError()) == "ValueError"
    assert len(first_line(ValueError("x" * 10_000))) < 200
