"""Says which segments of customers get a letter."""

import argparse
import json
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--days", type=int, required=True)
days = parser.parse_args().days

segments = [{"name": "new", "size": 40 * days}, {"name": "returning", "size": 15 * days}]
Path(os.environ["ETLC_VALUE_SEGMENTS"]).write_text(json.dumps(segments))
