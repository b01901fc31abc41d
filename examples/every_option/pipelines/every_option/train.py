"""Stands for a real training script: prints what it was given."""

import os
import sys

from shapes import describe

print(describe(sys.argv[1:]))
print(os.environ["ETLC_INPUT_RECENT"], "->", os.environ["ETLC_OUTPUT_MODEL"])
