#!/usr/bin/env python3
"""A double of the switch for fault injection: the till's and the wallet's part of the API over TLS,
in memory, with every signature checked. It is not the switch: it knows one shop, no ledger and no
limits. What it is for is to lose requests and answers at chosen points.

As a module: `with Double(folder) as double`, then double.faults.append(("PUT payments", "lose"))
and double.log. Alone: `double.py FOLDER [PORT] [--fault "PUT payments=lose"]...`.

Faults, each used once, for the first request that matches "METHOD collection[/tail]":
  drop      the connection closes before the request is carried out
  lose      it is carried out, then the connection closes without an answer
  reset     as lose, with a TCP reset
  vanish    as lose, and the whole server stops listening
  hang      it is carried out, and the answer waits for double.release
  cut       half of the answer
  page      carried out; a proxy's 502 page instead of the answer
  busy      503 overloaded with Retry-After: 1, not carried out
  unknown   carried out; 503 outcome-unknown
  stale     401 signature-stale, not carried out
"""
import base64
import hashlib
import http.server
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from double_ways import OtherWays, Refusal, wire_time  # noqa: E402
from wire import payment_code, verifies  # noqa: E402


class Double(OtherWays):
    """The double and its server thread."""

    SHOP = {"id": "M00000042", "name": "フィーゼロ商店"}
    CODES = {"7-TJTJ-TJTJ-TJTJ-TJT1": ("terminal", "M00000042", "フィーゼロ商店", "T001"),
             "7-TJTJ-TJTJ-TJTJ-TJT2": ("terminal", "M00000042", "フィーゼロ商店", "T002"),
             "7-RRRR-RRRR-RRRR-RRR1": ("resident", "R00000001", "佐藤 一郎", None),
             "7-RRRR-RRRR-RRRR-RRR2": ("resident", "R00000002", "山田 花子", None)}

    def __init__(self, folder, port=0):
        self.folder = folder
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.release = threading.Event()
        self.stall_handshakes = False
        self.faults = []
        self.log = []          # "METHOD collection[/tail]" in order
        self.stages = []       # the same, once each was carried out
        self.keys = {}         # key id -> (role, party, terminal, spki)
        self.used_codes = {}
        self.intents = {}
        self.events = {}
        self.operations = {}   # id -> {actor, request, status, body, kind, state}
        self.history = []      # shop entries, oldest first
        self.codes = {}        # code id -> {digits, party, max_amount, expires, intent}
        self.duplicate_window = 0  # seconds; the switch has 60
        self.holds_refunds = False  # as if the shop had no money
        self.balances = {"R00000001": 10000, "R00000002": 0}
        self.usual_max = 0
        self.number = 0
        self.ca = os.path.join(folder, "ca.pem")
        make_certificate(folder)
        self.server = None
        self.port = port
        self.listen()

    # --- life ---
    def listen(self):
        """Starts listening, on the same port again after it vanished."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder, "server.pem"),
                                os.path.join(self.folder, "server.key"))
        self.server = Server(("127.0.0.1", self.port), Handler, self, context)
        self.port = self.server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def vanish(self):
        """Stops listening; connections that are open stay."""
        server, self.server = self.server, None
        if server is not None:
            server.shutdown()
            server.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release.set()
        self.vanish()

    def wait_for(self, summary, count=1, timeout=20):
        """Waits until such a request has been carried out `count` times."""
        with self.lock:
            if not self.changed.wait_for(lambda: self.stages.count(summary) >= count, timeout):
                raise AssertionError(f"no {summary} within {timeout} s; saw {self.log}")

    def take_fault(self, summary):
        """The fault planned for this request, if any."""
        with self.lock:
            for i, (wanted, fault) in enumerate(self.faults):
                if wanted == summary:
                    del self.faults[i]
                    return fault
        return None

    # --- signatures ---
    def authenticate(self, method, path, query, headers, body):
        """The caller's (role, party, terminal); every covered byte is checked."""
        given = re.fullmatch(r"fz=(\(([^)]*)\);created=(\d+);keyid=\"([^\"]+)\""
                             r";alg=\"ecdsa-p256-sha256\")", headers.get("Signature-Input", ""))
        signature = re.fullmatch(r"fz=:([A-Za-z0-9+/=]+):", headers.get("Signature", ""))
        if given is None or signature is None:
            raise Refusal("signature-missing")
        values = {"@method": method, "@path": path, "@query": "?" + query if query else "?"}
        names = [name.strip('"') for name in given[2].split()]
        needed = ["@method", "@path"] + (["@query"] if query else [])
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            if headers.get("Content-Digest") != f"sha-256=:{digest}:":
                raise Refusal("digest-mismatch")
            values["content-digest"] = headers["Content-Digest"]
            needed.append("content-digest")
        if any(name not in names for name in needed) or any(n not in values for n in names):
            raise Refusal("signature-missing")
        if abs(time.time() - int(given[3])) > 300:
            raise Refusal("signature-stale", server_time=wire_time())
        base = "".join(f'"{name}": {values[name]}\n' for name in names)
        base += f'"@signature-params": {given[1]}'
        if path == "/v1/enrol":
            spki = base64.b64decode(json.loads(body)["public_key"])
            who = None
        elif given[4] in self.keys:
            *who, spki = self.keys[given[4]]
        else:
            raise Refusal("key-unknown")
        if not verifies(spki, base.encode(), base64.b64decode(signature[1])):
            raise Refusal("signature-invalid")
        return who, given[4]

    # --- resources ---
    def intent_of(self, intent_id):
        """An intent as it is now."""
        intent = self.intents.get(intent_id)
        if intent is None:
            raise Refusal("intent-not-found")
        if intent["state"] == "CREATED" and time.time() >= intent["_expires"]:
            intent["state"] = "EXPIRED"
            self.add_event(intent, "expired")
        return intent

    def add_event(self, intent, kind):
        """Tells who waits for the sale."""
        events = self.events.setdefault(intent["intent_id"], [])
        events.append({"seq": len(events) + 1, "type": f"intent.{kind}",
                       "intent_id": intent["intent_id"], "state": intent["state"],
                       "amount": intent["amount"], "at": wire_time()})
        self.changed.notify_all()

    @staticmethod
    def public(intent):
        """Without what is ours."""
        return {name: value for name, value in intent.items() if not name.startswith("_")}

    def book(self, operation_id, kind, amount, intent=None, **extra):
        """One entry of the books."""
        self.number += 1
        at = wire_time()
        if intent is not None:
            self.history.append({"number": self.number, "operation_id": operation_id,
                                 "kind": kind, "direction": "in" if kind == "payment" else "out",
                                 "amount": amount, "intent_id": intent["intent_id"], "at": at})
            extra.update(intent_id=intent["intent_id"], shop={"id": self.SHOP["id"]},
                         state=intent["state"],
                         refunded=intent["refunded"])
        return {"operation_id": operation_id, "kind": kind, "number": self.number,
                "amount": amount, "fee": 0, "at": at, **extra}

    def create_intent(self, who, intent_id, body):
        """PUT /v1/intents/{id}"""
        now = time.time()
        code = self.find_code(body["code"]) if "code" in body else None
        intent = {"intent_id": intent_id, "state": "CREATED", "amount": body["amount"],
                  "refunded": 0, "currency": "JPY", "shop": self.SHOP, "terminal": who[2],
                  "reference": body.get("reference"),
                  "qr": "" if code else payment_code(intent_id, body["amount"], terminal=who[2]),
                  "created_at": wire_time(now), "_expires": now + body.get("expires_in", 120)}
        if code:
            self.use_code(code, intent, body)
        intent["expires_at"] = wire_time(intent["_expires"])
        self.intents[intent_id] = intent
        self.add_event(intent, "created" if intent["state"] == "CREATED" else "completed")
        return self.public(intent)

    def pay(self, who, operation_id, body):
        """PUT /v1/payments/{id}"""
        if "intent_id" not in body:
            return self.pay_sticker(who, operation_id, body)
        intent = self.intent_of(body["intent_id"])
        if intent.get("_payer", who[1]) != who[1]:
            raise Refusal("not-yours")
        if intent["state"] != "CREATED":
            raise Refusal({"COMPLETED": "intent-paid", "VOIDED": "intent-paid",
                           "CANCELED": "intent-canceled",
                           "EXPIRED": "intent-expired"}[intent["state"]], state=intent["state"])
        if body["shop"] != self.SHOP["id"]:
            raise Refusal("shop-mismatch")
        if body["amount"] != intent["amount"]:
            raise Refusal("amount-mismatch")
        if self.balances[who[1]] < body["amount"]:
            raise Refusal("insufficient-funds", balance=self.balances[who[1]],
                          shortfall=body["amount"] - self.balances[who[1]])
        self.check_duplicate(who[1], body)
        self.balances[who[1]] -= body["amount"]
        intent.update(state="COMPLETED", operation_id=operation_id, _payer=who[1])
        intent.pop("consent", None)
        answer = self.book(operation_id, "payment", body["amount"], intent)
        intent.update(number=answer["number"], paid_at=answer["at"])
        self.add_event(intent, "completed")
        return answer

    def void(self, _who, operation_id, body):
        """PUT /v1/voids/{id}"""
        intent = self.intent_of(body["intent_id"])
        if intent["state"] == "VOIDED":
            raise Refusal("already-voided", state="VOIDED")
        if intent["state"] != "COMPLETED":
            raise Refusal("not-paid", state=intent["state"])
        if intent["refunded"]:
            raise Refusal("already-refunded", state="COMPLETED")
        intent["state"] = "VOIDED"
        self.balances[intent["_payer"]] += intent["amount"]
        self.add_event(intent, "voided")
        return self.book(operation_id, "void", intent["amount"], intent)

    def refund(self, _who, operation_id, body):
        """PUT /v1/refunds/{id}"""
        intent = self.intent_of(body["intent_id"])
        if intent["state"] != "COMPLETED":
            raise Refusal("not-paid", state=intent["state"])
        left = intent["amount"] - intent["refunded"]
        if body["amount"] > left:
            raise Refusal("refund-exceeds-payment", refundable=left)
        intent["refunded"] += body["amount"]
        if self.holds_refunds:
            self.add_event(intent, "refund_held")
            return {"operation_id": operation_id, "kind": "refund", "status": "HELD", "fee": 0,
                    "amount": body["amount"], "at": wire_time(),
                    "eta": wire_time(time.time() + 86400), "intent_id": intent["intent_id"],
                    "shop": {"id": self.SHOP["id"]}, "state": intent["state"],
                    "refunded": intent["refunded"]}
        self.balances[intent["_payer"]] += body["amount"]
        self.add_event(intent, "refunded")
        return self.book(operation_id, "refund", body["amount"], intent)

    def transfer(self, who, operation_id, body):
        """PUT /v1/transfers/{id}"""
        if body["to"] not in self.balances:
            raise Refusal("account-not-found")
        if self.balances[who[1]] < body["amount"]:
            raise Refusal("insufficient-funds", balance=self.balances[who[1]],
                          shortfall=body["amount"] - self.balances[who[1]])
        self.balances[who[1]] -= body["amount"]
        self.balances[body["to"]] += body["amount"]
        return self.book(operation_id, "p2p", body["amount"],
                         to={"id": body["to"]})

    COLLECTIONS = {"intents": (create_intent, "intent", "terminal"),
                   "payments": (pay, "payment", "resident"),
                   "voids": (void, "void", "terminal"),
                   "refunds": (refund, "refund", "terminal"),
                   "transfers": (transfer, "p2p", "resident"),
                   "codes": (OtherWays.make_code, "code", "resident")}

    def inquiry(self, operation_id, key_id):
        """What became of an operation, or None."""
        stored = self.operations.get(operation_id)
        if stored is None or stored["actor"] != key_id:
            return None
        return {"operation_id": operation_id, "kind": stored["kind"], "status": stored["state"],
                "http_status": stored["status"], "result": stored["body"]}

    def put(self, who, key_id, collection, operation_id, body):
        """Every PUT of an operation: decided once."""
        stored = self.operations.get(operation_id)
        content = {name: value for name, value in body.items() if name != "deadline"}
        if stored is not None:
            if stored["kind"] == "tombstone" and collection != "tombstones":
                raise Refusal("tombstoned")
            if stored["actor"] != key_id or stored["request"] != (collection, content):
                raise Refusal("id-reused", **({"final_state": self.inquiry(operation_id, key_id)}
                                              if collection == "tombstones" and
                                              stored["actor"] == key_id else {}))
            return stored["status"], stored["body"]
        if collection == "tombstones":
            kind, state, status = "tombstone", "TOMBSTONED", 201
            answer = {"operation_id": operation_id, "status": "TOMBSTONED", "at": wire_time()}
        else:
            act, kind, role = self.COLLECTIONS[collection]
            if who[0] != role:
                raise Refusal("role-forbidden")
            try:
                answer, state, status = act(self, who, operation_id, body), "DONE", 201
                if answer.get("status") == "HELD":
                    state, status = "HELD", 202
            except Refusal as refusal:
                answer, state = refusal.body, "REJECTED"
                status = answer["status"]
        self.operations[operation_id] = {"actor": key_id, "request": (collection, content),
                                         "status": status, "body": answer, "kind": kind,
                                         "state": state}
        return status, answer

    def enrol(self, key_id, body):
        """POST /v1/enrol"""
        role = self.CODES.get(body["code"])
        if role is None or self.used_codes.setdefault(body["code"], key_id) != key_id:
            raise Refusal("enrolment-code")
        self.keys[key_id] = (role[0], role[1], role[3], base64.b64decode(body["public_key"]))
        answer = {"key_id": key_id, "community": 7, "community_name": "会津", "role": role[0],
                  "party_id": role[1], "name": role[2], "qr_guid": "jp.example.feezero",
                  "server_time": wire_time()}
        if role[3]:
            answer["terminal"] = role[3]
        return 201, answer

    def wait_events(self, intent_id, query):
        """GET /v1/intents/{id}/events, held open."""
        after = int(query.get("after", 0))
        deadline = time.time() + min(int(query.get("wait", 0)), 30)
        while True:
            self.intent_of(intent_id)
            events = [e for e in self.events.get(intent_id, []) if e["seq"] > after]
            left = deadline - time.time()
            if events or left <= 0:
                return 200, {"events": events, "next": max([after] + [e["seq"] for e in events])}
            self.changed.wait(min(left, 0.2))

    def wait_money(self, query):
        """GET /v1/events of the shop, held open."""
        after, limit = int(query.get("after", 0)), int(query.get("limit", 50))
        names = {"payment": "completed", "void": "voided", "refund": "refunded"}
        deadline = time.time() + min(int(query.get("wait", 0)), 30)
        while True:
            found = [e for e in self.history if e["number"] > after][:limit]
            left = deadline - time.time()
            if found or left <= 0:
                events = [{"seq": e["number"], "type": f"payment.{names[e['kind']]}",
                           **{name: e[name] for name in ("operation_id", "intent_id", "amount",
                                                         "direction", "at")},
                           **({"terminal": terminal} if (terminal := self.intents[
                               e["intent_id"]].get("terminal")) else {})} for e in found]
                return 200, {"events": events,
                             "next": found[-1]["number"] if found else after}
            self.changed.wait(min(left, 0.2))

    def page(self, query):
        """GET /v1/history of the shop."""
        limit, before = int(query.get("limit", 50)), int(query.get("before", 1 << 60))
        items = [e for e in reversed(self.history) if e["number"] < before]
        return 200, {"items": items[:limit],
                     "next": items[limit - 1]["number"] if len(items) > limit else None}

    def read(self, who, key_id, path, query):
        """Every GET."""
        parts = path.split("/")[2:]
        if parts[0] == "history":
            return self.page(query)
        if parts[0] == "balance":
            balance = self.balances[who[1]]
            return 200, {"account": who[1], "balance": balance, "available": balance,
                         "as_of": self.number, "at": wire_time()}
        if parts[0] == "shops":
            return 200, {**self.SHOP, "city": "AIZUWAKAMATSU", "category_code": "5411",
                         "open": True, "usual_max": self.usual_max}
        if parts[0] == "receipts":
            return 200, self.receipt(parts[1])
        if parts[0] == "events":
            return self.wait_money(query)
        if parts[0] == "codes":
            return self.wait_code(parts[1], query)
        if parts[0] == "intents" and parts[2:] == ["events"]:
            return self.wait_events(parts[1], query)
        if parts[0] == "intents":
            return 200, self.public(self.intent_of(parts[1]))
        if parts[0] == "operations":
            found = self.inquiry(parts[1], key_id)
            if found is None:
                raise Refusal("operation-unknown")
            return 200, found
        raise Refusal("not-found")

    def receipt(self, operation_id):
        """GET /v1/receipts/{payment}"""
        for intent in self.intents.values():
            if intent.get("operation_id") == operation_id:
                return {"operation_id": operation_id, "intent_id": intent["intent_id"],
                        "number": intent["number"], "amount": intent["amount"], "fee": 0,
                        "shop": {**self.SHOP, "registration_number": "T7010401234567"},
                        "terminal": intent["terminal"], "paid_at": intent["paid_at"],
                        "refunded": intent["refunded"], "state": intent["state"]}
        raise Refusal("operation-unknown")

    def cancel(self, intent_id):
        """POST /v1/intents/{id}/cancel"""
        intent = self.intent_of(intent_id)
        if intent["state"] in ("COMPLETED", "VOIDED"):
            raise Refusal("intent-paid", state=intent["state"])
        if intent["state"] == "CREATED":
            intent["state"] = "CANCELED"
            self.add_event(intent, "canceled")
        return 200, self.public(intent)

    def carry_out(self, method, path, query, headers, body):
        """One request; (status, body)."""
        try:
            who, key_id = self.authenticate(method, path, query, headers, body)
            with self.lock:
                parsed = json.loads(body) if body else {}
                parts = path.split("/")[2:]
                if path == "/v1/enrol":
                    return self.enrol(key_id, parsed)
                if method == "GET":
                    return self.read(who, key_id, path,
                                     dict(p.split("=") for p in query.split("&") if p))
                if method == "POST" and parts[2:] == ["cancel"]:
                    return self.cancel(parts[1])
                if method == "POST" and parts[2:] == ["decline"]:
                    return 200, self.decline(who, parts[1])[1]
                if method == "PUT":
                    return self.put(who, key_id, parts[0], parts[1], parsed)
                raise Refusal("not-found")
        except Refusal as refusal:
            return refusal.body["status"], refusal.body


class Server(http.server.ThreadingHTTPServer):
    """TLS, with handshakes in the connection's own thread."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, address, handler, double, context):
        self.double = double
        self.context = context
        super().__init__(address, handler)

    def handle_error(self, request, client_address):
        """A client that dies is what the tests are about."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        while self.server.double.stall_handshakes:
            time.sleep(0.02)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *_):
        """Quiet."""

    def reply(self, status, body, content_type="application/json", cut=False, retry_after=None):
        """Sends an answer, whole or half."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Request-Id", str(uuid.uuid4()))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if cut else data)
        self.wfile.flush()
        self.close_connection = self.close_connection or cut

    def hang_up(self, reset=False):
        """Ends the connection without an answer."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(self.connection)

    def serve(self):
        """Reads a request, carries it out, answers or not."""
        double = self.server.double
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = path.split("/")[2:]
        summary = " ".join([self.command, "/".join(parts[:1] + parts[2:])])
        with double.lock:
            double.log.append(summary)
        fault = double.take_fault(summary)
        if fault == "drop":
            self.hang_up()
            return
        if fault == "busy":
            self.reply(503, Refusal("overloaded", retry_after=1).body, retry_after=1)
            return
        if fault == "stale":
            self.reply(401, Refusal("signature-stale", server_time=wire_time()).body)
            return
        status, answer = double.carry_out(self.command, path, query, self.headers, body)
        if fault == "vanish":
            double.vanish()
        with double.lock:
            double.stages.append(summary)
            double.changed.notify_all()
        if fault == "hang":
            double.release.wait(60)
        if fault in ("lose", "vanish", "reset", "hang"):
            self.hang_up(reset=fault == "reset")
        elif fault == "page":
            self.reply(502, b"<html>Bad Gateway</html>", "text/html")
        elif fault == "unknown":
            self.reply(503, Refusal("outcome-unknown", retry_after=1).body, retry_after=1)
        else:
            self.reply(status, answer, cut=fault == "cut")

    do_GET = do_PUT = do_POST = serve


def make_certificate(folder):
    """An authority of our own and a certificate for localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    if os.path.exists(os.path.join(folder, "server.pem")):
        return
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=FeeZero test authority")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "server.ext"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "30", "-extfile", "server.ext")


def main():
    """The double alone, until it is stopped."""
    arguments = sys.argv[1:]
    faults = []
    while "--fault" in arguments:
        at = arguments.index("--fault")
        faults.append(tuple(arguments[at + 1].split("=", 1)))
        del arguments[at:at + 2]
    os.makedirs(arguments[0], exist_ok=True)
    with Double(arguments[0], int(arguments[1]) if len(arguments) > 1 else 0) as double:
        double.faults = faults
        print(f"ready {double.url}, authority {double.ca}, codes {' '.join(double.CODES)}",
              flush=True)
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            print("\n".join(double.log))


if __name__ == "__main__":
    main()
