"""Fits units = level + slope * week for each region and size, and writes the result as JSON."""

import argparse
import json
import os

import duckdb
import fsspec


def fit(points):
    """Least squares over the weeks 0, 1, 2, ...: (level, slope)."""
    n = len(points)
    mean_x = (n - 1) / 2
    mean_y = sum(points) / n
    spread = sum((x - mean_x) ** 2 for x in range(n))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(points)) / spread if spread else 0.0
    return mean_y - slope * mean_x, slope


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", required=True)
    args = parser.parse_args()
    table = os.environ["ETLC_INPUT_SIZE_FEATURES"]
    with duckdb.connect(os.environ["ETLC_CONNECTION_WAREHOUSE"], read_only=True) as warehouse:
        rows = warehouse.execute(f"select region, size, units from {table} order by region, size, week").fetchall()
    series = {}
    for region, size, units in rows:
        series.setdefault((region, size), []).append(float(units))
    curves = []
    for (region, size), points in sorted(series.items()):
        level, slope = fit(points)
        curves.append({"region": region, "size": size, "weeks": len(points), "level": level, "slope": slope})
    with fsspec.open(os.environ["ETLC_OUTPUT_MODEL"], "w", auto_mkdir=True) as out:
        json.dump({"as_of": args.as_of, "curves": curves}, out, indent=1)
    print(f"fitted {len(curves)} curves as of {args.as_of}")


if __name__ == "__main__":
    main()
