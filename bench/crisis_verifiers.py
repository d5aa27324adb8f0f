"""How the eight verifiers vary over scripted completions of one state, ours and the published ones.

Usage: python bench/crisis_verifiers.py [STATES] [SEED]

Prints the table of variances within groups, what each scripted completion earns, and the time a completion takes.
"""

from __future__ import annotations

import sys
import time
from statistics import fmean

from triagelab.rewards.crisis.preset import crisis_preset_names, load_crisis_preset
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.scripted import WRITERS, scripted
from triagelab.rewards.crisis.variance import variance_lines, verifier_variance


def main(count: int, seed: int) -> None:
    keys = draw_states(count, seed)
    presets = [load_crisis_preset(name) for name in reversed(crisis_preset_names())]
    groups = {key: scripted(key) for key in keys}
    begun = time.perf_counter()
    for key, texts in groups.items():
        for text in texts.values():
            score_crisis(presets[0], key, text)
    taken = time.perf_counter() - begun
    rows = [row for preset in presets for row in verifier_variance(preset, keys)]
    print(f"{len(keys)} states, {len(WRITERS)} scripted completions each, seed {seed}\n")
    print("\n".join(variance_lines(rows)))
    print("\n| completion | " + " | ".join(preset.name for preset in presets) + " |")
    print("|---|" + "---:|" * len(presets))
    for name in WRITERS:
        means = [fmean(score_crisis(preset, key, groups[key][name]).total or 0.0 for key in keys) for preset in presets]
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    print(f"\n{1000 * taken / (len(keys) * len(WRITERS)):.1f} ms a completion under {presets[0].name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
