"""Requests that are signed as they should be and wrong in what they say: bodies, paths, queries.

Whatever was refused before the ledger was asked must not have left an operation behind; whatever
was decided must have. The database is asked for both at the end.
"""
import time

from hostile_judge import dumps
from openapi_client import new_id, sign

BITS_63 = 2 ** 63
NUMBERS = [b"0", b"-1", b"-0", b"1.0", b"1.5", b"1e2", b"1e400", b"-1e400", b"1E-400",
           b"2147483648", b"9007199254740993", b"%d" % (BITS_63 - 1), b"%d" % BITS_63,
           b"-%d" % BITS_63, b"-%d" % (BITS_63 + 1), b"9" * 1000, b"01", b"+1", b"0x10", b"NaN",
           b"Infinity", b"1_000"]
TEXTS = ["", " ", "x", "x" * 141, "x" * 1000, "\x00", "\n", "\x7f", "\x85", "\ufeff", "\u202e",
         "'; DROP TABLE fz.account; --", "%s%n", "../../etc/passwd", "💴" * 36,
         "M00000001", "R00000001", "T001", "2026-13-01T00:00:00Z", "1970-01-01T00:00:00Z",
         "9999-12-31T23:59:60-23:59", "0000-01-01T00:00:00Z",
         "2026-12-01T00:00:00." + "9" * 500 + "Z", "2026-12-01T00:00:00",
         "R00000000", "R99999999", "R100000000", "r00000001", "R0000000१", "T000", "T1000", "T-01",
         "00000000-0000-0000-0000-000000000000", "{11111111-1111-1111-1111-111111111111}",
         "11111111111111111111111111111111", "AAAAAAAA-1111-1111-1111-111111111111"]
OTHERS = [b"null", b"true", b"false", b"[]", b"{}", b"[1]", b'{"amount":1}', b'["x"]']

# Bodies that are no JSON object at all, or none that two readers would understand alike.
WHOLE = [b" ", b"null", b"true", b"0", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{}{}", b"{}x", b"x{}",
         b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x00", b"{}\x00", b'{"a\x00b":1}',
         b'{"\\u0000":1}', b'{"\xff":1}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}',
         b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\\u12"}', b'{"a":"\\x"}',
         b'{"a":"\n"}', b"{'a':1}", b'{"a":1,}', b'{"a"}', b'{"a":}', b'{:1}', b'{"a" 1}',
         b'{"a":1 "b":2}', b'/**/{}', b'{"a":1/**/}', b'{"a":1,"a":1}', b'{"a":1,"\\u0061":1}',
         b'{"b":{"a":1,"a":1}}', b"[" * 10000, b"[" * 5000 + b"]" * 5000,
         b'{"a":' * 2500 + b"1" + b"}" * 2500, b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
         b'{"' + b"a" * 16000 + b'":1}',
         b"{" + b" " * 16382 + b"}", b"{" + b" " * 16383 + b"}", b"{" + b" " * 40000 + b"}",
         b"{" + b",".join(b'"m%d":1' % i for i in range(1200)) + b"}"]

PATH_IDS = ["", "x", "%s ", "%s%%20", "%s%%00", "%%61%s", "%s/", "%s//", "%s/.", "/%s", "./%s",
            "../payments/%s", "%s/cancel/x", "%s;a=b", "%s,", "{%s}", "%s%s", "*", "..", "%%2e%%2e",
            "%s\t", "%%", "a/b/c/d/e/f/g/h/i/j/k"]
QUERIES = ["?", "?&", "?=", "?x", "?x=1", "?limit", "?limit=", "?limit=0", "?limit=-1",
           "?limit=201",
           "?limit=1&limit=1", "?limit=+1", "?limit=1.0", "?limit=0x1", "?limit=%31", "?LIMIT=1",
           "?limit=9223372036854775808", "?limit=99999999999999999999", "?before=0", "?before=-1",
           "?before=999999999999999999", "?before=1&x", "?after=-1", "?after=x&wait=0",
           "?after=999999999999999999999", "?wait=31", "?wait=-1", "?wait=1e1", "?a[]=1", "?;",
           "??",
           "?limit=1?", "?limit=1/../", "?" + "&" * 400, "?" + "x" * 490]


def send_raw(client, method, path, data=b"", query="", **headers):
    """Sends bytes as the body, signed like any other; more headers by keyword."""
    signed = sign(client.key, client.key_id, method, path, query, data, int(time.time()))
    if data:
        signed["Content-Type"] = "application/json"
    signed |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.raw(method, path + query, signed, data or None)


class Forms:
    """Runs all of them against all endpoints; `scene` knows good requests."""

    def __init__(self, judge, scene):
        self.judge, self.scene = judge, scene
        self.decided, self.undecided = set(), set()

    def run(self):
        for endpoint in self.scene.endpoints():
            if endpoint.body is not None:
                self.bodies(endpoint)
                self.members(endpoint)
            self.paths(endpoint)
            self.queries(endpoint)
            self.methods(endpoint)
        self.kept()

    def note(self, given, answer):
        """What the ledger must know of this id, by the class of the answer."""
        kind = self.judge.errors[answer.code][0] if answer.code in self.judge.errors else "OK"
        if answer.code not in ("id-reused", "tombstoned"):
            (self.undecided if kind == "BADREQ" else self.decided).add(given)

    def try_body(self, endpoint, what, data, *allowed):
        given = new_id()
        answer = send_raw(endpoint.who, endpoint.method, endpoint.path(given), data)
        self.judge.check(f"{endpoint.name}: {what} {data[:80]!r}", answer, *allowed)
        if endpoint.is_order:
            self.note(given, answer)

    def bodies(self, endpoint):
        for data in WHOLE:
            self.try_body(endpoint, "body", data, "bad-json", "bad-field", "body-too-large",
                          *endpoint.empty_is)
        good = dumps(endpoint.body())
        self.try_body(endpoint, "twice", good + good, "bad-json", "body-too-large")
        self.try_body(endpoint, "with a byte order mark", b"\xef\xbb\xbf" + good, "bad-json")
        self.try_body(endpoint, "in UTF-16", good.decode().encode("utf-16"), "bad-json")
        self.try_body(endpoint, "cut", good[:-1], "bad-json")
        comma = b"," if endpoint.body() else b""
        self.try_body(endpoint, "and one more", good[:-1] + comma + b'"extra":1}', "bad-field")

    def members(self, endpoint):
        good = endpoint.body()
        for member in endpoint.members:
            rest = {name: value for name, value in good.items() if name != member}
            head = dumps(rest)[:-1] + (b"," if rest else b"") + dumps(member) + b":"
            for value in NUMBERS + OTHERS:
                self.try_body(endpoint, member, head + value + b"}")
            for text in TEXTS:
                self.try_body(endpoint, member, head + dumps(text) + b"}")
            for escape in (b"\\ud800", b"\\udfff\\ud800", b"\\u0000", b"\\x41"):
                self.try_body(endpoint, member, head + b'"' + escape + b'"}', "bad-json")
            whole = dumps(good | {member: good.get(member, 1)})[:-1]
            double = whole + b"," + dumps(member) + b":" + dumps(good.get(member, 1)) + b"}"
            self.try_body(endpoint, f"{member} twice", double, "bad-json")
            if member in good:
                required = member in endpoint.required
                self.try_body(endpoint, f"no {member}", dumps(rest),
                              *(["bad-field"] if required else []))

    def paths(self, endpoint):
        data = dumps(endpoint.body()) if endpoint.body is not None else b""
        if "{shop}" in endpoint.pattern:
            for given in ("M", "M0", "M00000000", "M000000001", "m00000001", "R00000001", "T001",
                          "M0000000%31", "M00000001/", "M00000001%00", new_id()):
                answer = send_raw(endpoint.who, endpoint.method, endpoint.path(given), data)
                self.judge.check(f"{endpoint.name}: {given}", answer, "not-found", "bad-request")
            return
        if "{id}" not in endpoint.pattern:
            for path in (endpoint.pattern + "/", "/" + endpoint.pattern, endpoint.pattern + "/x",
                         endpoint.pattern.upper(), endpoint.pattern.replace("/v1", "/v2"),
                         endpoint.pattern.replace("/v1/", "/v1/./"), endpoint.pattern + "%00"):
                answer = send_raw(endpoint.who, endpoint.method, path, data)
                self.judge.check(f"{endpoint.name}: {path}", answer, "not-found", "bad-request")
            return
        for form in PATH_IDS:
            given = new_id()
            text = form.replace("%s", given).replace("%%", "%")
            path = endpoint.path(text)
            answer = self.on_wire(endpoint, path, data)
            allowed = ["bad-id", "not-found", "bad-request", "method-not-allowed", 400, None]
            if not text.startswith("../"):
                self.judge.check_raw(f"{endpoint.name}: {path}", answer, *allowed)
            if endpoint.is_order:
                self.undecided.add(given)
        for given in (new_id().upper(), new_id()[:-1], new_id() + "0", new_id().replace("-", ""),
                      "00000000-0000-0000-0000-000000000000", "g" * 36, "-" * 36):
            answer = send_raw(endpoint.who, endpoint.method, endpoint.path(given), data)
            self.judge.check(f"{endpoint.name}: id {given}", answer, "bad-id")

    def on_wire(self, endpoint, path, data):
        """Python's client refuses such paths itself, so they go out by hand."""
        with self.scene.wire() as wire:
            wire.send(self.scene.signed(endpoint.who, endpoint.method, path, data))
            return wire.reply()

    def queries(self, endpoint):
        data = dumps(endpoint.body()) if endpoint.body is not None else b""
        for query in QUERIES:
            given = endpoint.known or new_id()
            path = endpoint.path(given)
            answer = send_raw(endpoint.who, endpoint.method, path, data, query)
            allowed = ("bad-query", "bad-request")
            self.judge.check(f"{endpoint.name}: {query[:60]}", answer, *allowed)
            if endpoint.is_order:
                self.undecided.add(given)

    def methods(self, endpoint):
        path = endpoint.path(new_id())
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            if (method, endpoint.pattern) not in self.scene.routes:
                answer = send_raw(endpoint.who, method, path)
                self.judge.check(f"{method} {path}", answer, "method-not-allowed")

    def kept(self):
        """The rows of fz.operation are exactly those that were decided."""
        rows = set(self.scene.town.sql("SELECT op_id FROM fz.operation").split())
        self.judge.expect(not self.undecided & rows,
                          f"kept although refused: {sorted(self.undecided & rows)[:3]}")
        self.judge.expect(self.decided <= rows,
                          f"decided but not kept: {sorted(self.decided - rows)[:3]}")
