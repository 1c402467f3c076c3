#!/usr/bin/env python3
"""How much heap fz-pos takes at its peak, without TLS, and who asks for it. FZ_HEAP_METER is the
library of heap_meter.c. "TLS" is what libssl and libcrypto ask for: buffers, certificates and
OpenSSL's own tables, which cannot be told apart from outside; it is printed beside the rest.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from double import Double  # noqa: E402

BIN = os.environ["FZ_BIN_DIR"]
BUDGET = 256 * 1024   # of the whole program, without TLS
OWN_BUDGET = 16384    # of that, what our own code asks for: its connection's state
COMMANDS = (["sale", "1480", "--no-wait"], ["sale", "1480", "--no-wait", "--png", "{}/code.png"],
            ["totals"], ["list"])


def run(double, *arguments):
    """Runs fz-pos under the meter; answers the peaks and what each library had then."""
    report = os.path.join(double.folder, "heap")
    environment = dict(os.environ, LD_PRELOAD=os.environ["FZ_HEAP_METER"], FZ_HEAP_FILE=report)
    done = subprocess.run([os.path.join(BIN, "fz-pos"), "--dir",
                           os.path.join(double.folder, "till"), "--json", *arguments],
                          env=environment, check=False, stdout=subprocess.DEVNULL)
    assert done.returncode in (0, 1), arguments  # 1: the totals name the sale that is open
    with open(report, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    return ({name: int(value) for name, value in lines[:2]},
            {os.path.basename(name).split(".so")[0]: (kind, int(value))
             for kind, value, name in lines[2:]})


def main():
    """Every command within the budget."""
    with tempfile.TemporaryDirectory(prefix="fz-pos-") as folder, Double(folder) as double:
        orders = [["enrol", "--url", double.url, "--ca", double.ca, "--code",
                   "7-TJTJ-TJTJ-TJTJ-TJT1"]]
        orders += [[part.format(folder) for part in command] for command in COMMANDS]
        for order in orders:
            peaks, shares = run(double, *order)
            own = shares.pop("fz-pos", ("ours", 0))[1]
            rest = ", ".join(f"{name} {value}" for name, (kind, value) in
                             sorted(shares.items(), key=lambda item: -item[1][1])
                             if kind == "ours" and value >= 1000)
            print(f"{order[0]}: peak {peaks['peak-ours']} bytes without TLS "
                  f"({peaks['peak-all']} with it): fz-pos itself {own}, {rest}")
            assert 0 < peaks["peak-ours"] <= BUDGET, f"more than {BUDGET}"
            assert own <= OWN_BUDGET, f"more than {OWN_BUDGET}"
            assert peaks["peak-all"] > peaks["peak-ours"] or order[0] == "list", "TLS not seen"


if __name__ == "__main__":
    main()
