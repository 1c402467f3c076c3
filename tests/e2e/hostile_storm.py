"""Connections that misbehave: bytes that are no HTTP, floods, clients that dawdle or vanish."""
import os
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time

from hostile_judge import at_once, dumps
from hostile_wire import Wire, request
from openapi_client import new_id

CHUNKED = "PUT /v1/payments/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
JSON = "Content-Type: application/json\r\n"
NEXT = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
HEALTH = "GET /healthz HTTP/1.1\r\nHost: a\r\n"

PAGE = "page"  # evhttp's own refusal, in HTML; its status is its business

# What is sent, and the statuses of all answers; then the connection is closed (-) or open (+). What
# follows a request of doubtful length must never be answered as a request of its own.
BYTES = [
    (HEALTH + "\r\n" + HEALTH + "\r\n", [200, 200], "+"),
    (HEALTH.replace("\r\n", "\n") + "\n", [200], "+"),
    ("GET https://x/healthz HTTP/1.1\r\nHost: a\r\n\r\n", [200], "-"),
    (HEALTH + "Connection: close\r\n\r\n" + NEXT, [200], "-"),
    (HEALTH.replace("1.1", "1.0") + "\r\n" + NEXT, [200], "-"),
    (HEALTH + "X: a\r\n b\r\n\r\n", [200], "+"),
    (HEALTH + "Content-Length: 4\r\n\r\nbody" + NEXT, [400, 200], "+"),
    (HEALTH + "Host: b\r\n\r\n" + NEXT, [400], "-"),
    (HEALTH + "X: a\r\n" * 70 + "\r\n" + NEXT, [400], "-"),
    (HEALTH + "X: " + "a" * 20000 + "\r\n\r\n" + NEXT, [400], "-"),
    (HEALTH + "X: " + "a" * 70000 + "\r\n\r\n", [PAGE], "-"),
    (HEALTH + "no colon\r\n\r\n" + NEXT, [PAGE], "-"),
    (HEALTH + "X y: 1\r\n\r\n" + NEXT, [400], "-"),
    (HEALTH + "Content-Length : 50\r\n\r\n" + NEXT, [400], "-"),
    (HEALTH + "Content-Length: +5\r\n\r\nabcde" + NEXT, [400], "-"),
    (HEALTH + "Content-Length: -5\r\n\r\n" + NEXT, [PAGE], "-"),
    (HEALTH + "Content-Length: 0x5\r\n\r\nabcde" + NEXT, [PAGE], "-"),
    (HEALTH + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + NEXT, [400], "-"),
    (HEALTH + "Content-Length: 5\r\nContent-Length: 50\r\n\r\nabcde" + NEXT, [400], "-"),
    (HEALTH + "Transfer-Encoding: chunked, identity\r\n\r\n" + NEXT, [PAGE], "-"),
    (HEALTH + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT, [400], "-"),
    (HEALTH + "Expect: the unexpected\r\nContent-Length: 5\r\n\r\nabcde", [PAGE], "-"),
    ("HEAD /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\n" + NEXT, [200], "-"),
    ("TRACE /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\n" + NEXT, [405], "-"),
    ("TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [405, 200], "+"),
    ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [], "-"),
    ("CONNECT /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde" + NEXT, [], "-"),
    (HEALTH + "\r\nCONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [200], "-"),
    ("CONNECT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde" + NEXT, [], "-"),
    (CHUNKED.replace("PUT", "CONNECT") + "\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT, [], "-"),
    ("BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [PAGE], "-"),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [400], "-"),
    ("GET ftp://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [400], "-"),
    ("GET /" + "h" * 600 + " HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [400], "-"),
    ("GET /" + "h" * 70000 + " HTTP/1.1\r\nHost: a\r\n\r\n", [PAGE], "-"),
    ("GET /ヘルス HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [400], "-"),
    ("GET /#healthz HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [400], "-"),
    ("GET /heal\0thz HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, [PAGE], "-"),
    ("GET /healthz\r\n\r\n" + NEXT, [PAGE], "-"),
    ("GET /healthz HTTP/9.9\r\n\r\n" + NEXT, [PAGE], "-"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [PAGE], "-"),
    ("\0\0\0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + JSON + "\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT, [401, 200], "+"),
    (CHUNKED + "\r\n5\r\nabcde\r\n0\r\nX: y\r\n\r\n" + NEXT, [415, 200], "+"),
    (CHUNKED + "Content-Length: 5\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + "\r\nz\r\nabcde\r\n0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + "\r\n-5\r\nabcde\r\n0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + "\r\n7fffffffffffffff\r\nabcde\r\n0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + "\r\nffffffffffffffff\r\nabcde\r\n0\r\n\r\n" + NEXT, [PAGE], "-"),
    (CHUNKED + "\r\n" + "1000\r\n" + "a" * 4096 + "\r\n0\r\n\r\n", [415], "+"),
]

TAKEN_MAX = 32 << 20  # far more than the kernel's own buffers


class Storm:
    def __init__(self, judge, scene):
        self.judge, self.scene, self.port = judge, scene, scene.town.port

    def run(self):
        for part in (self.bytes, self.bodies, self.fragments, self.pipelines, self.floods,
                     self.half_requests, self.before_tls, self.renegotiation, self.vanishing,
                     self.crowd, self.dawdlers, self.half_a_database):
            part()

    def bytes(self):
        for sent, statuses, end in BYTES:
            what = repr(sent[:90])
            with Wire(self.port) as wire:
                wire.send(sent.encode())
                got = []
                for _ in statuses:
                    answer = self.judge.check_raw(what, wire.reply(not sent.startswith("HEAD")))
                    got.append(answer and (PAGE if answer.type == "text/html" else answer.status))
                self.judge.expect(got == statuses and not wire.is_silent,
                                  f"{what}: {got} instead of {statuses}")
                if end == "-":
                    self.judge.expect(wire.is_closed(), f"{what}: more comes, or it stays open")
                else:
                    wire.send(NEXT.encode())
                    answer = wire.reply()
                    self.judge.expect(answer is not None and answer.body == b"ready\n",
                                      f"{what}: not usable afterwards: {answer}")

    def bodies(self):
        """Bodies that are longer or shorter than they said."""
        for size, status in ((16384, 401), (16385, 413), (65536, 413), (65537, 413), (300000, 413)):
            data = b"{" + b" " * (size - 2) + b"}"
            fields = [("Content-Type", "application/json")]
            with Wire(self.port) as wire:
                wire.send(request("PUT", f"/v1/payments/{new_id()}", fields, data))
                self.judge.check_raw(f"a body of {size}", wire.reply(), status)
        with Wire(self.port) as wire:
            body, path = dumps({"amount": 5}), f"/v1/intents/{new_id()}"
            wire.send(self.scene.signed(self.scene.till, "PUT", path, body) + b"surplus\r\n\r\n")
            self.judge.check_raw("a longer body", wire.reply(), 201)
            self.judge.check_raw("its surplus", wire.reply(), 400)

    def fragments(self):
        """A good request a few bytes at a time, and as chunks of one byte."""
        body, path = dumps({"amount": 5}), f"/v1/intents/{new_id()}"
        whole = self.scene.signed(self.scene.till, "PUT", path, body)
        with Wire(self.port) as wire:
            for at in range(0, len(whole), 7):
                wire.send(whole[at:at + 7])
            first = self.judge.check_raw("in pieces", wire.reply(), 201)
            head = whole[:-len(body)].replace(f"Content-Length: {len(body)}".encode(),
                                              b"Transfer-Encoding: chunked")
            wire.send(head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
            again = self.judge.check_raw("in chunks", wire.reply(), 201)
            self.judge.expect(first is None or again is None or first.body == again.body,
                              "the same request in chunks is another")

    def pipelines(self):
        """Many requests before the first answer: answers come in order."""
        till, ids = self.scene.till, [new_id() for _ in range(40)]
        with Wire(self.port) as wire:
            wire.send(b"".join(self.scene.signed(till, "PUT", f"/v1/intents/{given}", dumps({
                "amount": 1})) for given in ids))
            for given in ids:
                answer = self.judge.check_raw("pipelined", wire.reply(), 201)
                self.judge.expect(answer is None or answer.json["intent_id"] == given,
                                  "answers out of order")

    def floods(self):
        """Who sends without end, or never reads, is cut off long before it costs memory."""
        endless = b"1" * 65536
        unread = (HEALTH + "\r\n").encode() * 1000
        spaces = b" " * 65536
        for what, begin, block in (
                ("a chunk's length without end", CHUNKED + "\r\n", endless),
                ("answers that nobody reads", "", unread),
                ("a first line without end", "", endless),
                ("a header without end", HEALTH + "X: ", endless),
                ("trailers without end", CHUNKED + "\r\n0\r\n", b"X: y\r\n" * 10000),
                ("white space in a chunk's length", CHUNKED + "\r\n1", spaces)):
            with Wire(self.port, timeout=1) as wire:
                wire.send(begin.encode())
                sent, until = 0, time.monotonic() + 5
                while time.monotonic() < until and sent < TAKEN_MAX and wire.send(block):
                    sent += len(block)
                self.judge.expect(sent < TAKEN_MAX, f"{what}: {sent >> 20} MB were taken")

    def half_requests(self):
        whole = self.scene.signed(self.scene.rich, "PUT", f"/v1/payments/{new_id()}", dumps(
            self.scene.order(self.scene.open, 100)))
        for at in range(120):
            wire = Wire(self.port)
            wire.send(whole[:at * len(whole) // 120])
            if at % 2:
                wire.reset()
            else:
                wire.socket.close()

    def before_tls(self):
        """Garbage, plain HTTP, and handshakes that stop on the way."""
        hello = self.client_hello()
        for at in range(150):
            wire = Wire(self.port, plain=True)
            wire.send((os.urandom(1 + at * 7), b"GET / HTTP/1.1\r\n\r\n", hello[:at * 3],
                       b"\x16\x03\x01\xff\xff" + b"\0" * at, b"")[at % 5])
            if at % 3 == 0:
                wire.reset()
            else:
                wire.socket.close()

    @staticmethod
    def client_hello():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        outgoing = ssl.MemoryBIO()
        session = context.wrap_bio(ssl.MemoryBIO(), outgoing)
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return outgoing.read()

    def renegotiation(self):
        """openssl's R command: with TLS 1.2 a handshake within the connection, which is refused."""
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2", "-quiet",
             "-no_ign_eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        try:
            client.stdin.write(b"R\n")
            client.stdin.flush()
            out, _ = client.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            client.kill()
            out, _ = client.communicate()
        self.judge.expect(b"no renegotiation" in out, f"renegotiation: {out[-300:]!r}")

    def vanishing(self):
        """Clients that are gone before their answer: what they asked is decided, or is not."""
        scene, ids = self.scene, []
        for at in range(40):
            wire, given = Wire(self.port), new_id()
            if at % 2:
                wire.send(self.scene.signed(scene.till, "PUT", f"/v1/intents/{given}", dumps({
                    "amount": 5})))
                ids.append(given)
            else:
                wire.send(scene.signed(scene.till, "GET", f"/v1/intents/{scene.open}/events", b"",
                                       "?after=999999&wait=30"))
                time.sleep(0.005 * (at % 4))
            if at % 4 < 2:
                wire.reset()
            else:
                wire.socket.close()
        for given in ids:
            self.judge.check("of a vanished client", scene.till.send(
                "GET", f"/v1/operations/{given}"), 200, "operation-unknown")
            self.judge.check("closed behind it", scene.till.send(
                "PUT", f"/v1/tombstones/{given}"), 201, "id-reused")

    def crowd(self):
        """Thousands that connect and leave, and as many as we may that stay."""
        for _ in range(3000):
            socket.create_connection(("127.0.0.1", self.port)).close()
        room = min(1500, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
        crowd = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(room)]
        self.judge.check("in a crowd", self.scene.poor.another().send("GET", "/v1/balance"), 200)
        for one in crowd:
            one.close()

    def dawdlers(self):
        """Slow headers on many connections do not slow anybody else down."""
        done = threading.Event()

        def dawdle():
            with Wire(self.port) as wire:
                wire.send(HEALTH.encode())
                for _ in range(1000):
                    if done.wait(0.05):
                        break
                    wire.send(b"X-Slow: 1\r\n")
                wire.send(b"\r\n")
                self.judge.check_raw("slow headers", wire.reply(), 200, 400)

        def hurry():
            began = time.monotonic()
            for _ in range(20):
                self.judge.check("beside dawdlers", self.scene.rich.send("GET", "/v1/balance"), 200)
            took = time.monotonic() - began
            done.set()
            self.judge.expect(took < 15, f"20 requests beside dawdlers took {took:.1f} s")

        at_once(self.judge, *[dawdle] * 40, hurry)

    def half_a_database(self):
        """Reads hang while writes go on: a cancel that is booked is not called undone."""
        scene, sql = self.scene, self.scene.town.sql
        path = f"/v1/intents/{scene.sale(1)}/cancel"
        readers = [int(pid) for pid in sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'fz-switch reader'").split()]
        self.judge.expect(readers != [], "there are no readers to stop")
        for pid in readers:
            os.kill(pid, signal.SIGSTOP)
        try:
            answer = scene.till.send("POST", path)
        finally:
            for pid in readers:
                os.kill(pid, signal.SIGCONT)
        self.judge.check("a cancel without its answer", answer, "outcome-unknown")
        again = self.judge.check("the same again", self.patiently(scene.till, path), 200)
        self.judge.expect(again.json.get("state") == "CANCELED", f"not canceled: {again}")

    @staticmethod
    def patiently(who, path):
        """As a client should: again as long as it is told to."""
        for _ in range(20):
            answer = who.send("POST", path)
            if answer.status != 503:
                break
            time.sleep(0.2)
        return answer
