"""SIGTERM while many send: every transfer that was booked was answered, every answer that was
given is booked, who was turned away was told that nothing was done, and the switch ends in time.
"""
import signal
import sys
import threading
import time

from openapi_client import new_id
from openapi_town import Town

SENDERS = 12
ROUNDS = 3
STOP_LIMIT_S = 7  # stop_timeout_s of the town is 5


class Sender(threading.Thread):
    """Sends one yen after the other until the switch is gone, and keeps what it heard of each."""

    def __init__(self, client, to):
        super().__init__()
        self.client = client
        self.to = to
        self.heard = {}  # operation id: the answer's code, "done", or "nothing"

    def run(self):
        while True:
            operation = new_id()
            self.heard[operation] = "nothing"
            try:
                answer = self.client.send("PUT", f"/v1/transfers/{operation}",
                                          {"to": self.to, "amount": 1})
            except OSError:
                return
            self.heard[operation] = "done" if answer.status == 201 else answer.code
            if answer.status != 201:
                return


def stop_under_load(town, residents):
    senders = [Sender(one.another(), other.me["party_id"])
               for one, other in zip(residents, residents[1:] + residents[:1])]
    for sender in senders:
        sender.start()
    time.sleep(1)
    process, town.process = town.process, None
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=30)
    seconds = time.monotonic() - began
    for sender in senders:
        sender.join()
    heard = {}
    for sender in senders:
        heard.update(sender.heard)
    return code, seconds, heard


def check(town, code, seconds, heard):
    """What is wrong, one line each."""
    faults = []
    booked = set(town.sql("SELECT op_id FROM fz.operation WHERE rc = 0").split())
    done = {operation for operation, word in heard.items() if word == "done"}
    words = {word: list(heard.values()).count(word) for word in set(heard.values())}
    unanswered = {operation for operation in booked if heard.get(operation, "done") != "done"}
    print(f"stopped in {seconds:.2f} s: {words}")
    if code != 0 or seconds > STOP_LIMIT_S:
        faults.append(f"the switch ended with {code} after {seconds:.1f} s")
    if done - booked:
        faults.append(f"{len(done - booked)} answered and not booked: {sorted(done - booked)[:3]}")
    if unanswered:
        faults.append(f"{len(unanswered)} booked and not answered: "
                      f"{[(operation, heard[operation]) for operation in sorted(unanswered)[:3]]}")
    if set(words) - {"done", "nothing", "stopping"}:
        faults.append(f"strange refusals: {words}")
    if len(done) < SENDERS:
        faults.append(f"only {len(done)} transfers in a second: that was no load")
    return faults


def main():
    faults = []
    with Town() as town:
        residents = [town.resident(f"住民{number}") for number in range(SENDERS)]
        for resident in residents:
            town.top_up(resident, 100000)
        for turn in range(ROUNDS):
            if turn > 0:
                town.start()
            faults += check(town, *stop_under_load(town, residents))
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
