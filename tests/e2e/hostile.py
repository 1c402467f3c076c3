"""The hostile and the clumsy client: everything a caller can do wrong, against a running switch.

Whatever is sent, the switch answers with a success or a typed refusal, keeps nothing of what it
refused, tells nobody what is not his, and is afterwards what it was before: the same processes,
nothing left open, no more memory, no error in its log, and payments go through. The sanitizers
watch (tests/support/run_test.sh). Runs in less than a minute.
"""
import os
import sys
import time

from hostile_forms import Forms
from hostile_judge import Judge, Process
from hostile_noise import Noise
from hostile_rights import Rights
from hostile_scene import Scene
from hostile_signatures import Signatures
from hostile_storm import Storm
from openapi_town import Town

GROWTH_MAX_KB = 256 * 1024  # two workers, with what AddressSanitizer keeps for each connection


def still_pays(judge, scene, number):
    """An ordinary sale, its payment and its receipt."""
    payment = scene.pay(scene.sale(number), number)
    answer = judge.check("a payment afterwards", scene.rich.send("GET", f"/v1/receipts/{payment}"),
                         200)
    judge.expect(answer.json["amount"] == number, f"a strange receipt: {answer}")


def books_balance(judge, town):
    sums = town.sql("SELECT sum(debits_posted) - sum(credits_posted), count(*) FILTER "
                    "(WHERE debits_posted < 0 OR credits_posted < 0) FROM fz.account")
    judge.expect(sums == "0|0", f"the books do not balance: {sums}")


def no_errors(judge, town):
    with open(town.log, encoding="utf-8") as log:
        errors = [line for line in log if " lvl=error " in line]
    judge.expect(not errors, f"{len(errors)} errors in the log: {''.join(errors[:3])}")


def main():
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
    judge = Judge()
    with Town(workers=2) as town:
        scene = Scene(town)
        process = Process(town)
        for number, part in enumerate((Forms, Signatures, Rights, Noise, Storm), 1):
            began, answers = time.monotonic(), judge.answers
            part(judge, scene).run()
            still_pays(judge, scene, number)
            print(f"{part.__name__}: {judge.answers - answers} answers, "
                  f"{time.monotonic() - began:.1f} s", flush=True)
        scene.hang_up()
        growth_kb = process.judge(judge, GROWTH_MAX_KB)
        books_balance(judge, town)
        no_errors(judge, town)
    print(f"{judge.answers} answers {dict(sorted(judge.codes.items(), key=str))}, "
          f"memory {growth_kb:+} kB")
    for fault in judge.faults[:40]:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if judge.faults else 0


if __name__ == "__main__":
    sys.exit(main())
