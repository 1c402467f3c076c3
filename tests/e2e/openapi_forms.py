"""What is alike for all operations: signatures, roles, malformed requests, and no database."""
import base64
import json
import threading
import time
import uuid

from openapi_client import new_id, sign


def own_enrolment(who, code="1-0000-0000-0000-0000"):
    """The body of an enrolment with the caller's own key."""
    return {"code": code, "public_key": base64.b64encode(who.key.spki).decode()}


class Forms:
    """What is alike for all signed operations: signatures, roles, forms."""

    def __init__(self, walk, people):
        self.walk = walk
        self.people = people  # role -> client

    def body_of(self, operation):
        """A request body that is well formed: the example of the file."""
        content = operation.get("requestBody", {}).get("content", {})
        return content["application/json"]["example"] if content else None

    def run(self):
        for name, (method, path, operation) in self.walk.operations.items():
            if path.startswith("/v1/"):
                self.signatures(name, method, path, operation)
                self.forms(name, method, path, operation)
                self.roles(name, operation)
                self.other_method(path)

    def someone(self, operation):
        """A caller who may, or for enrolment one with a fresh key."""
        roles = operation["x-roles"]
        return self.people[roles[0]] if roles else self.walk.town.stranger()

    def signatures(self, name, method, path, operation):
        who, body = self.someone(operation), self.body_of(operation)
        path = self.walk.path(name)

        def send(headers, data):
            return who.raw(method, path, headers, data or None)

        def refused(code, headers, data):
            return self.walk.check(name, send(headers, data), 401, code)

        if name == "enrol":
            body = own_enrolment(who)
        headers, data = who.signed(method, path, body)
        plain = {key: value for key, value in headers.items() if not key.startswith("Signature")}
        refused("signature-missing", plain, data)
        refused("signature-missing", headers | {"Signature": "sig=:AAAA:"}, data)
        refused("signature-missing", headers | {"Signature-Input": "sig=()"}, data)
        for seconds in (-310, 310):
            stale, data = who.signed(method, path, body, created=int(time.time()) + seconds)
            answer = refused("signature-stale", stale, data)
            self.walk.expect("server_time" in answer.json, f"{name}: no server_time")
        expired, data = who.signed(method, path, body)
        changed = expired["Signature-Input"].replace(";keyid", ';nonce="x";keyid')
        refused("signature-invalid", expired | {"Signature-Input": changed}, data)
        elsewhere = who.signed(method, path + "/x", body)[0]["Signature"]
        refused("signature-invalid", headers | {"Signature": elsewhere}, data)
        stranger = self.walk.town.stranger()
        foreign = sign(stranger.key, stranger.key_id, method, path, "", data, int(time.time()))
        refused("key-unknown", headers | foreign, data)
        if not data:
            wrong = {"Content-Digest": f"sha-256=:{'A' * 43}=:"}
            refused("digest-mismatch", headers | wrong, data)
        else:
            uncovered = sign(who.key, who.key_id, method, path, "", b"", int(time.time()))
            refused("signature-missing", headers | uncovered, data)
            refused("digest-mismatch", headers, data + b" ")

    def forms(self, name, method, path, operation):
        who, body = self.someone(operation), self.body_of(operation)
        codes = self.walk.contract.codes(operation)
        if name == "enrol":
            body = own_enrolment(who)
        self.walk.call(name, who, body=body, query="?nonsense=1", expect="bad-query")
        if "{id}" in path:
            for bad in ("x", new_id().upper(), str(uuid.UUID(int=0)), new_id() + "0"):
                self.walk.call(name, who, bad, body, expect="bad-id")
            if method == "PUT":
                derived = new_id()[:14] + "8" + new_id()[15:]
                self.walk.call(name, who, derived, body, expect="bad-id")
        target = self.walk.path(name)
        long_one = who.raw(method, target + "?" + "x" * 600, {}, None)
        self.walk.check(name, long_one, 400, "bad-request")
        if body is None:
            self.walk.call(name, who, body={}, expect="bad-request")
            return

        def raw(data, content_type="application/json"):
            headers = sign(who.key, who.key_id, method, target, "", data, int(time.time()))
            if content_type:
                headers["Content-Type"] = content_type
            return who.raw(method, target, headers, data or None)

        for data in (b"{", b"[]", b'{"a":1,"a":1}', b"\xff", b'{"x":"\\u0000"}'):
            self.walk.check(name, raw(data), 400, "bad-json")
        self.walk.check(name, raw(b'{"unknown_member":1}' + b" " * 16384), 413, "body-too-large")
        for content_type in ("text/plain", None):
            self.walk.check(name, raw(json.dumps(body).encode(), content_type), 415, "media-type")
        if operation["requestBody"]["required"]:
            self.walk.check(name, raw(b""), 400, "bad-request")
        if method == "PUT":
            long_one = json.dumps(body).encode().ljust(2049)
            self.walk.check(name, raw(long_one), 413, "body-too-large")
        answer = self.walk.call(name, who, body=body | {"unknown_member": 1}, expect="bad-field")
        self.walk.same(f"{name}: field", answer.json["field"], "unknown_member")
        self.walk.expect(422 in codes, f"{name} takes a body and has no 422")
        self.fields(name, who, body, operation)

    def fields(self, name, who, body, operation):
        """Each member of the wrong type, out of bounds, and missing."""
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for member, given in schema.get("properties", {}).items():
            rule = self.walk.contract.resolve(given)
            wrong = [None, {}, True, [1]]
            if rule.get("type") == "boolean":
                wrong = [None, {}, [1], 0, 1, "", "true"]
            elif rule.get("type") == "integer":
                wrong += ["1", 1.5, rule["minimum"] - 1, rule["maximum"] + 1]
            else:
                wrong += [1, "", "\n", "x" * (rule.get("maxLength", 400) + 1)]
            for value in wrong:
                answer = self.walk.call(name, who, body=body | {member: value}, expect="bad-field")
                self.walk.same(f"{name}: {value!r} as {member}", answer.json["field"], member)
            if member in schema.get("required", ()):
                rest = {key: value for key, value in body.items() if key != member}
                answer = self.walk.call(name, who, body=rest, expect="bad-field") if rest else None
                if answer is not None:
                    self.walk.same(f"{name} without {member}", answer.json["field"], member)

    def roles(self, name, operation):
        """Every cell of the table: who may not is told so, who may is not."""
        allowed = operation["x-roles"]
        for role, who in self.people.items():
            if allowed and role not in allowed:
                self.walk.call(name, who, body=self.body_of(operation), expect="role-forbidden")
            elif allowed:
                method = self.walk.operations[name][0]
                answer = who.send(method, self.walk.path(name), self.body_of(operation))
                self.walk.expect(answer.code != "role-forbidden", f"{name}: {role} may")

    def other_method(self, path):
        who = self.people["resident"]
        known = {method for method, at, _ in self.walk.operations.values() if at == path}
        method = "DELETE" if "DELETE" not in known else "GET"
        answer = who.send(method, path.replace("{id}", new_id()))
        self.walk.same(f"{method} {path}", (answer.status, answer.code),
                       (405, "method-not-allowed"))
        self.walk.expect(answer.headers.get("allow"), f"{method} {path}: no Allow")


class Outage:
    """No database: every operation says so, with 503, and afterwards all is well again."""

    def __init__(self, walk, people):
        self.walk, self.people, self.town = walk, people, walk.town
        self.name = walk.town.sql("SELECT current_database()")

    def allow(self, allowed):
        admin = self.town.database.replace(f"dbname={self.name}", "dbname=postgres")
        mine, self.town.database = self.town.database, admin
        self.town.sql(f"ALTER DATABASE \"{self.name}\" WITH ALLOW_CONNECTIONS {allowed}")
        if not allowed:
            self.town.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                          f"WHERE datname = '{self.name}'")
        self.town.database = mine

    def run(self):
        threads = []
        self.allow(False)
        try:
            for name, (_, path, operation) in self.walk.operations.items():
                if path.startswith("/v1/"):
                    threads.append(threading.Thread(target=self.ask, args=(name, operation)))
                    threads[-1].start()
            for thread in threads:
                thread.join()
            answer = self.people["resident"].another().raw("GET", "/readyz", {}, None)
            self.walk.check("getReady", answer, 503)
            answer = self.people["resident"].another().raw("GET", "/healthz", {}, None)
            self.walk.check("getHealth", answer, 200)
        finally:
            self.allow(True)
        self.recovers()

    def ask(self, name, operation):
        roles = operation["x-roles"]
        who = self.people[roles[0]].another() if roles else self.town.stranger()
        body = operation.get("requestBody", {}).get("content", {})
        body = body["application/json"]["example"] if body else None
        if name == "enrol":
            body = own_enrolment(who)
        self.walk.call(name, who, body=body, expect="unavailable")

    def recovers(self):
        ready = 0  # in a row, on new connections: each worker comes back in its own time
        for _ in range(200):
            client = self.people["resident"].another()
            is_ready = client.raw("GET", "/readyz", {}, None).status == 200
            ready = ready + 1 if is_ready else 0
            if ready == 12:
                break
            time.sleep(0 if is_ready else 0.1)
        else:
            self.walk.faults.append("the switch did not recover")
        self.walk.call("getBalance", self.people["resident"].another())
