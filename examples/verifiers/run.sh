#!/usr/bin/env bash
# Plays bedside-v1 through verifiers 0.4 over the wire, in an environment of its own, and compares every return.
# From the repository's root, after `make test`: examples/verifiers/run.sh [folder]
set -euo pipefail
out=${1:-runs/verifiers}
here=examples/verifiers
mkdir -p "$out"
if [ ! -x "$out/venv/bin/vf-eval" ]; then
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install --quiet --disable-pip-version-check 'verifiers[openenv]==0.4.0'
fi
.venv/bin/triagelab serve --port 7860 >"$out/serve.log" 2>&1 & server=$!
.venv/bin/python "$here/agent_endpoint.py" --agent rules --port 8011 >"$out/endpoint.log" 2>&1 & endpoint=$!
trap 'kill $server $endpoint 2>/dev/null || true' EXIT
until curl -sf http://127.0.0.1:7860/bedside/health >/dev/null; do kill -0 $server; sleep 0.5; done
until curl -s http://127.0.0.1:8011/ >/dev/null; do kill -0 $endpoint; sleep 0.5; done
NO_KEY=none "$out/venv/bin/vf-eval" @ "$here/eval.toml" --output-dir "$out" --clean
.venv/bin/python "$here/compare.py" "$(ls -t "$out"/*/traces.jsonl | head -1)" --agent rules
