#!/usr/bin/env python3
"""docs/failures.md and the tests of the failure matrix say the same: each row has its test, each
test its row, and whatever a row quotes is in the tables of words and is what its test looks for."""
import glob
import importlib
import os
import re
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from matrix import rows_of  # noqa: E402
from words import SOURCE, WORDS  # noqa: E402

ROW = re.compile(r"^\| (\d+) \|(.*)\| `(row_(\d\d)_\w+)` \|$")
LEFT_OUT = {14, 15, 25, 26, 41, 42, 43, 44}
LATER = {17}  # what they fail in is not there yet
LAST = 46


def strings_of(function, seen):
    """Every text a test mentions: its own, and those of what it uses in its module."""
    if function in seen:
        return set()
    seen.add(function)
    found, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                codes.append(constant)
            elif isinstance(constant, (str, tuple)):
                found.update([constant] if isinstance(constant, str) else texts_in(constant))
        for name in code.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, str):
                found.add(value)
            elif isinstance(value, types.FunctionType):
                found |= strings_of(value, seen)
    return found


def texts_in(values):
    """The texts in nested tuples."""
    found, left = set(), list(values)
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple):
            left += value
    return found


def read_tests():
    tests = {}
    for path in sorted(glob.glob(os.path.join(HERE, "rows_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name, function in rows_of(module):
            tests[name] = strings_of(function, set())
    return tests


def judge_row(cells, name, tests):
    """What is wrong with one row of the page."""
    if name not in tests:
        yield "there is no such test"
        return
    for words in re.findall(r'"([^"]+)"', cells):
        if words not in WORDS:
            yield f'no program says "{words}"'
        elif not any(words in text for text in tests[name]):
            yield f'its test does not look for "{words}"'


def main():
    findings, listed = [], {}
    tests = read_tests()
    with open(os.path.join(SOURCE, "docs/failures.md"), encoding="utf-8") as page:
        for line in page:
            if not re.match(r"^\| \d", line):
                continue
            match = ROW.match(line.rstrip("\n"))
            if match is None or int(match[1]) != int(match[4]):
                findings.append(f"not a row with its own test: {line.strip()[:60]}")
                continue
            if match[3] in listed:
                findings.append(f"row {match[1]}: listed twice")
            listed[match[3]] = int(match[1])
            findings += [f"row {match[1]}: {why}" for why in judge_row(match[2], match[3], tests)]
    findings += [f"{name}: no row of docs/failures.md" for name in tests if name not in listed]
    missing = set(range(1, LAST + 1)) - LEFT_OUT - LATER - set(listed.values())
    findings += [f"row {number} is missing" for number in sorted(missing)]
    print("\n".join(findings) or f"{len(listed)} rows, each with its test")
    if findings:
        sys.exit(1)


if __name__ == "__main__":
    main()
