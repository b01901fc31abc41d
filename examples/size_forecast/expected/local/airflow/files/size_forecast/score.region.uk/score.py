"""Forecasts the units of every size of one region over the horizon, and writes them as CSV."""

import argparse
import csv
import json
import os

import fsspec


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--region", required=True)
    parser.add_argument("--horizon-days", type=int, required=True)
    parser.add_argument("--model", required=True)
    args = parser.parse_args()
    with fsspec.open(args.model) as model_file:
        model = json.load(model_file)
    weeks_ahead = args.horizon_days / 7
    with fsspec.open(os.environ["ETLC_OUTPUT_FORECAST"], "w", newline="", auto_mkdir=True) as out:
        writer = csv.writer(out)
        writer.writerow(["region", "size", "units"])
        for curve in model["curves"]:
            if curve["region"] == args.region:
                middle = curve["weeks"] + weeks_ahead / 2
                units = max(0.0, (curve["level"] + curve["slope"] * middle) * weeks_ahead)
                writer.writerow([curve["region"], curve["size"], round(units, 2)])


if __name__ == "__main__":
    main()
