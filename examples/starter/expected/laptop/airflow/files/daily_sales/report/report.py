"""A step is an ordinary script: arguments in, environment variables for where things lie."""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--day", required=True)
args = parser.parse_args()

print(f"report for {args.day}")
print(f"reads the table {os.environ['ETLC_INPUT_BY_DAY']}")
print(f"writes to {os.environ['ETLC_OUTPUT_REPORT']}")
