"""Runs the rules of gabion-fleet on DuckDB over the same Parquet, and compares with findings.json.

usage: second_engine.py RULES OUT     exit code 0 equal, 1 not
"""

import json
import pathlib
import sys

import duckdb

rules, out = map(pathlib.Path, sys.argv[1:3])
engine = duckdb.connect()
for table in ("events", "devices"):
    path = str(out / f"{table}.parquet").replace("'", "''")
    engine.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
second = set()
for rule in sorted(rules.glob("*.sql")):
    second.update(engine.execute(rule.read_text(encoding="utf-8")).fetchall())
names = ("device", "rule", "first_time", "last_time", "score")
findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))["findings"]
first = {tuple(finding[name] for name in names) for finding in findings}
for finding in sorted(first ^ second, key=str):
    print("only here" if finding in first else "only there", finding, file=sys.stderr)
print(f"{len(first)} findings here, {len(second)} there, {len(first ^ second)} differ")
sys.exit(first != second)
