"""Good requests with bytes changed at random, from several connections that may leave any time.

The same seed makes the same requests; FZ_SEED=N tries others.
"""
import os
import random

from hostile_judge import at_once, dumps
from hostile_wire import Wire
from openapi_client import new_id

THREADS, CONNECTIONS = 8, 40
PIECES = [b"\r\n", b"\r\n\r\n", b"\0", b": ", b",", b"%00", b"\n", b" ", b"\t", b"chunked", b"-1",
          b"99999999999", b"\xff", b'"', b"{", b"=", b";"]


def change(data, rnd):
    """None to eight changes: a byte, a piece gone, doubled, moved or put in."""
    data = bytearray(data)
    for _ in range(rnd.choice([0, 0, 1, 1, 2, 3, 8])):
        at, length = rnd.randrange(len(data)), rnd.randrange(1, 40)
        kind = rnd.randrange(5)
        if kind == 0:
            data[at] = rnd.randrange(256)
        elif kind == 1 and length < len(data) // 2:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length]
        elif kind == 3:
            to = rnd.randrange(len(data))
            data[at], data[to] = data[to], data[at]
        else:
            data[at:at] = rnd.choice(PIECES)
    return bytes(data)


class Noise:
    def __init__(self, judge, scene):
        self.judge, self.scene, self.port = judge, scene, scene.town.port
        self.intents = [scene.open, scene.paid] + [scene.sale(10, expires_in=10) for _ in range(6)]

    def run(self):
        seed = int(os.environ.get("FZ_SEED", "1"))
        print(f"noise of FZ_SEED={seed}", flush=True)
        at_once(self.judge, *[lambda rnd=random.Random(seed * 1000 + at): self.thread(rnd)
                              for at in range(THREADS)])

    def thread(self, rnd):
        for _ in range(CONNECTIONS):
            wire = Wire(self.port, timeout=rnd.choice([0.05, 0.5, 2]))
            for _ in range(rnd.randrange(1, 8)):
                data = b"".join(self.request(rnd) for _ in range(rnd.choice([1, 1, 1, 3])))
                data = change(data, rnd)
                if not wire.send(data[:rnd.choice([len(data)] * 9 + [len(data) // 2])]):
                    break
                if rnd.random() < 0.7 and self.judge.check_raw(repr(data[:200]),
                                                               wire.reply()) is None:
                    break
            if rnd.random() < 0.5:
                wire.reset()
            else:
                wire.socket.close()

    def request(self, rnd):
        """Any good request; what is random about it comes from `rnd` but for its id."""
        scene, given, intent = self.scene, new_id(), rnd.choice(self.intents)
        after, wait, amount = rnd.choice([0, 99999999]), rnd.randrange(3), rnd.randrange(1, 20)
        return scene.signed(*rnd.choice([
            (scene.till, "PUT", f"/v1/intents/{given}", dumps({"amount": amount})),
            (rnd.choice([scene.rich, scene.poor]), "PUT", f"/v1/payments/{given}",
             dumps(scene.order(intent, 10))),
            (scene.till, "POST", f"/v1/intents/{intent}/cancel"),
            (scene.till, "GET", f"/v1/intents/{intent}/events", b"", f"?after={after}&wait={wait}"),
            (scene.rich, "GET", "/v1/history", b"", "?limit=200"),
            (scene.till, "GET", f"/v1/operations/{intent}"),
            (scene.staff, "PUT", f"/v1/tombstones/{given}"),
            (scene.rich, "GET", f"/v1/intents/{intent}"),
            (scene.owner, "PUT", f"/v1/refunds/{given}",
             dumps({"intent_id": scene.paid, "amount": 1})),
            (scene.poor, "PUT", f"/v1/transfers/{given}",
             dumps({"to": scene.rich.me["party_id"], "amount": amount, "message": "ノイズ"})),
        ]))
