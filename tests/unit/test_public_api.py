"""The Python interface is frozen: changing a signature here is a breaking change for every user."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import triagelab

SIGNATURES = {
    "decide": "(facts, *, version=5, options=None)",
    "extract": "(note)",
    "reward": "(preset)",
    "audit": "(reward, *, prior='real', skill=0.65)",
    "make": "(env_id, **options)",
    "load_dataset": "(name, path=None, *, split=None, limit=None, seed=0, n=None)",
}


def bare(signature: inspect.Signature) -> str:
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_frozen(name):
    assert bare(inspect.signature(getattr(triagelab, name))) == SIGNATURES[name]


def test_all_lists_exactly_the_public_functions():
    assert set(triagelab.__all__) == {*SIGNATURES, "__version__"}


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, triagelab, triagelab.cli.main;"
        "heavy = {'torch', 'transformers', 'trl', 'polars', 'sklearn', 'scipy', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_any_reward_can_be_audited_from_python():
    def lazy(completions, level, **columns):
        return [1.0 if "ESI 2" in text else 0.0 for text in completions]

    assert triagelab.audit("v46").verdict == "severe"
    assert triagelab.audit("v50", prior=(6, 36, 48, 9, 1)).findings == ()
    assert "ignores-truth" in {finding.id for finding in triagelab.audit(lazy).severe}
    with pytest.raises(ValueError, match=r"prior: got '1,2'"):
        triagelab.audit("v50", prior=(1, 2))
    with pytest.raises(ValueError, match="skill: got 2"):
        triagelab.audit("v50", skill=2)
