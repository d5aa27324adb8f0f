"""Run an agent over the bedside tasks and print `[START] [STEP] [END]` lines: `triagelab infer` as a script.

API_BASE_URL, MODEL_NAME and API_KEY or HF_TOKEN name the endpoint; without API_BASE_URL the rules agent runs.
"""

import sys

from triagelab.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "infer")
    main()
