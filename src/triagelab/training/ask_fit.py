"""Count which facts go with which complaint in generated patients: `agents/data/ask.toml`.

    python -m triagelab.training.ask_fit [--write]

Own archetypes only, training families; no data of patients. What was written by hand is kept as it is.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from triagelab.agents import rules_ask
from triagelab.agents.rules import RulesAgent
from triagelab.agents.rules_ask import AskTable, ask_table
from triagelab.clinical.esi import EsiOptions
from triagelab.clinical.esi_engine import engine
from triagelab.clinical.esi_options import VERSIONS
from triagelab.datasets.registry import load_dataset
from triagelab.files import atomic_writer

PATIENTS, SEED = 6000, 11
FEWEST, LEAST_SHARE, MOST_FACTS = 30, 0.02, 12
TARGET = Path(rules_ask.__file__).parent / "data" / "ask.toml"


def count(patients: int = PATIENTS, seed: int = SEED) -> AskTable:
    """Return the table; facts that are a rule of A, B or D by themselves are counted, no others."""
    telling = {name for version in VERSIONS for name in engine(version, EsiOptions()).by_flag}
    agent, seen = RulesAgent(), Counter[str]()
    everywhere, by_row = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for case in load_dataset("generated", split="train", n=patients, seed=seed).cases:
        true = [name for name, value in case.truth.facts.items() if value is True and name in telling]
        everywhere.update(true)
        for row in agent.assess(case.presentation).forecast.rows:
            seen[row] += 1
            by_row[row].update(true)
    rows = {name: _often(by_row[name], n) for name, n in sorted(seen.items()) if n >= FEWEST}
    return ask_table().model_copy(
        update={
            "source": f"generated patients, train split, n = {patients}, seed {seed}; number, context: rounded guesses",
            "n": patients,
            "any": {name: round(n / patients, 3) for name, n in sorted(everywhere.items()) if n * 1000 >= patients},
            "row": {name: facts for name, facts in rows.items() if facts},
        }
    )


def _often(found: Counter[str], n: int) -> dict[str, float]:
    return {name: round(k / n, 2) for name, k in found.most_common(MOST_FACTS) if k >= LEAST_SHARE * n}


def as_toml(table: AskTable) -> str:
    """Return the file that `rules_ask.ask_table` reads."""
    lines = [
        "# Made by `python -m triagelab.training.ask_fit --write`: how often a fact holds in generated patients,",
        "# over all and where a row of the forecast fits. All before `any` is edited by hand and kept: rounded guesses",
        "# of how often a vital sign that nobody took asks for a more urgent level, and facts never asked for.",
        f'source = "{table.source}"',
        f"verified = {str(table.verified).lower()}",
        f"n = {table.n}",
        f"silent = {table.silent}",
        f"plain = {_words(table.plain)}",
    ]
    for limit in table.limit:
        lines += ["", "[[limit]]", f"facts = {_words(limit.facts)}"]
        known = limit.model_dump(exclude_defaults=True, exclude={"facts"})
        lines += [f"{name} = {json.dumps(value)}" for name, value in known.items()]
    for row, numbers in table.context.items():
        lines += ["", f'[context."{row}"]', *(f"{name} = {value}" for name, value in numbers.items())]
    for head, facts in (("number", table.number), ("any", table.any)):
        lines += ["", f"[{head}]", *(f"{name} = {value}" for name, value in facts.items())]
    for row, facts in table.row.items():
        lines += ["", f'[row."{row}"]', *(f"{name} = {value}" for name, value in facts.items())]
    return "\n".join(lines) + "\n"


def _words(names: tuple[str, ...]) -> str:
    return json.dumps(list(names))


def main() -> None:
    """Count, show the size, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m triagelab.training.ask_fit", description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace agents/data/ask.toml")
    chosen, table = parser.parse_args(), count()
    print(f"{len(table.any)} facts, {len(table.row)} rows")
    if chosen.write:
        with atomic_writer(TARGET) as stream:
            stream.write(as_toml(table))


if __name__ == "__main__":
    main()
