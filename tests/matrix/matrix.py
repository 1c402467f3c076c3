#!/usr/bin/env python3
"""The failure matrix of docs/failures.md: every way a payment can go wrong, with the real programs.

  matrix.py GROUP...          the rows of these groups (rows_GROUP.py), each group in one town
  matrix.py GROUP row_03...   only the rows whose names begin so
"""
import importlib
import inspect
import os
import re
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def rows_of(module):
    rows = [(name, row) for name, row in inspect.getmembers(module, inspect.isfunction)
            if re.fullmatch(r"row_\d\d_\w+", name)]
    return sorted(rows, key=lambda row: row[1].__code__.co_firstlineno)


def play(group, wanted):
    """Plays the rows of a group; how many failed."""
    module = importlib.import_module(f"rows_{group}")
    failed = 0
    with module.open_scene() as scene:
        for name, row in rows_of(module):
            if wanted and not any(name.startswith(prefix) for prefix in wanted):
                continue
            began = time.monotonic()
            try:
                row(scene)
                print(f"ok {name} {time.monotonic() - began:.1f} s", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL {name}", flush=True)
                traceback.print_exc(file=sys.stdout)
                for line in scene.all_lines():
                    line.reset()
        try:
            scene.is_whole()
        except AssertionError as error:
            failed += 1
            print(f"FAIL the books after {group}: {error}", flush=True)
    return failed


def main():
    groups = [word for word in sys.argv[1:] if not word.startswith("row_")]
    wanted = [word for word in sys.argv[1:] if word.startswith("row_")]
    if not groups:
        sys.exit(__doc__)
    if sum(play(group, wanted) for group in groups) > 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
