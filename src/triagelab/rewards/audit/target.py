"""A user's reward function, found by the text that names it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from triagelab.errors import BadInputError

FIELD = "reward function"
ALLOWED = "package.module:function or path/to/file.py:function"


@dataclass(frozen=True)
class Target:
    """A reward function and what it needs to run.

    Attributes:
        name: to show it by.
        function: the callable.
        folders: folders that its own imports may come from.
    """

    name: str
    function: Callable[..., Any]
    folders: tuple[str, ...] = ()


def load_target(text: str) -> Target:
    """Return the function that `package.module:function` or `path/to/file.py:function` names.

    The module is imported, so whatever it does at import is done: name only code that you would run yourself. The
    current directory is importable, as for `trl grpo --reward_funcs`, and a file's own folder is too.

    Raises: BadInputError, one line, for text of another form, a module that is not there or fails to import, and a name
    in it that is missing or no function.
    """
    place, colon, attribute = text.rpartition(":")
    if not colon or not place or not attribute:
        raise BadInputError(FIELD, text, ALLOWED)
    if not all(part.isidentifier() for part in attribute.split(".")):
        raise BadInputError(FIELD, text, ALLOWED, f"{attribute!r} is no name of a function")
    folders = [str(Path.cwd())]
    if place.endswith(".py") or "/" in place:
        folders.append(str(Path(place).resolve().parent))
        module = _imported(text, folders, lambda: _from_file(text, Path(place)))
    elif all(part.isidentifier() for part in place.split(".")):
        module = _imported(text, folders, lambda: importlib.import_module(place))
    else:
        raise BadInputError(FIELD, text, ALLOWED, f"{place!r} is no name of a module")
    return Target(text, _callable(text, module, attribute), tuple(folders))


@contextlib.contextmanager
def guarded(folders: Sequence[str]) -> Iterator[None]:
    """Run a user's code with its folders importable and its prints on stderr, so that `--json` stays JSON."""
    added = [folder for folder in folders if folder not in sys.path]
    sys.path[:0] = added
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        for folder in added:
            with contextlib.suppress(ValueError):
                sys.path.remove(folder)


def first_line(error: BaseException) -> str:
    """Return the exception's type and the first line of what it says."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0][:160]}" if said else type(error).__name__


def _imported(text: str, folders: Sequence[str], load: Callable[[], ModuleType]) -> ModuleType:
    try:
        with guarded(folders):
            return load()
    except BadInputError:
        raise
    except (Exception, SystemExit) as error:  # a script that parses arguments at import exits
        raise BadInputError(FIELD, text, ALLOWED, f"its module does not import: {first_line(error)}") from error


def _from_file(text: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise BadInputError(FIELD, text, ALLOWED, f"there is no file {path}")
    if path.suffix != ".py":
        raise BadInputError(FIELD, text, ALLOWED, f"{path} is no .py file")
    name = f"_audited_{path.stem}_{abs(hash(path.resolve())):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInputError(FIELD, text, ALLOWED, f"{path} cannot be read as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _callable(text: str, module: ModuleType, attribute: str) -> Callable[..., Any]:
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            names = sorted(name for name, value in vars(module).items() if callable(value) and name[0] != "_")
            listed = f"; it has {', '.join(names[:8])}" if names else ""
            raise BadInputError(FIELD, text, ALLOWED, f"the module has no {attribute}{listed}")
        found = getattr(found, part)
    if isinstance(found, type):
        raise BadInputError(FIELD, text, ALLOWED, f"{attribute} is a class; name a function or an instance")
    if not callable(found):
        raise BadInputError(FIELD, text, ALLOWED, f"{attribute} is {type(found).__name__}, not a function")
    return found
