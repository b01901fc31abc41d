"""Writes the letter of one segment."""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--segment", required=True)
parser.add_argument("--size", type=int, required=True)
parser.add_argument("--number", type=int, required=True)
options = parser.parse_args()

print(f"letter {options.number}, for {options.size} customers of {options.segment}, goes to {os.environ['ETLC_OUTPUT_LETTER']}")
