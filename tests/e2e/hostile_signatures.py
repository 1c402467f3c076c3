"""Signatures that are missing, doubled, stale, foreign, too long, or about something else."""
import base64
import hashlib
import time

from hostile_judge import dumps
from hostile_wire import request
from openapi_client import new_id

ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551  # of the group P-256
MISSING, STALE, UNKNOWN = "signature-missing", "signature-stale", "key-unknown"
DIGEST, INVALID = "digest-mismatch", "signature-invalid"


def digest_of(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


class Draft:
    """One signed request, every part of which may be changed before it is signed or after."""

    def __init__(self, who, method, path, body=b""):
        self.who, self.method, self.path, self.body = who, method, path, body
        self.label = "sig"
        self.now = int(time.time())
        self.components = ['"@method"', '"@path"']
        self.parameters = f';created={self.now};keyid="{who.key_id}"'
        self.values = {'"@method"': method, '"@path"': path.split("?")[0],
                       '"@authority"': "localhost", '"@query"': "?" + path.partition("?")[2]}
        self.fields = []
        if body:
            self.cover("content-digest", digest_of(body))
            self.fields.append(("Content-Type", "application/json"))

    def cover(self, name, value, times=1):
        """Sends a header field and signs it."""
        self.components.append(f'"{name}"')
        self.values[f'"{name}"'] = ", ".join([value] * times)
        self.fields += [(name, value)] * times
        return self

    def input(self):
        return "(" + " ".join(self.components) + ")" + self.parameters

    def signature(self):
        lines = [f"{name}: {self.values.get(name, '')}" for name in self.components]
        lines.append(f'"@signature-params": {self.input()}')
        return self.who.key.sign("\n".join(lines).encode())

    def sign(self, change=lambda raw: raw):
        """Adds the two headers; `change` works on the 64 bytes."""
        text = base64.b64encode(change(self.signature())).decode()
        self.fields += [("Signature-Input", f"{self.label}={self.input()}"),
                        ("Signature", f"{self.label}=:{text}:")]
        return self

    def bytes(self):
        return request(self.method, self.path, self.fields, self.body)


def with_parameters(text):
    """A change of the parameters; NOW is the time, KEY the key id."""
    def change(draft):
        draft.parameters = text.replace("NOW+", str(draft.now + 299)).replace(
            "NOW", str(draft.now)).replace("KEY", draft.who.key_id)
        draft.sign()
    return change


def with_component(name):
    def change(draft):
        draft.components.append(name if name.startswith('"') else f'"{name}"')
        draft.sign()
    return change


def without(*names):
    def change(draft):
        draft.components = [name for name in draft.components if name not in names]
        draft.sign()
    return change


def with_bytes(change_bytes):
    return lambda draft: draft.sign(change_bytes)


def then(change_fields):
    """Signs, then works on the list of header fields."""
    def change(draft):
        draft.sign()
        draft.fields = change_fields(draft.fields)
    return change


def field(name, value):
    """All fields of that name go; one with this value comes, "*" being the old one."""
    def change(fields):
        old = next((had for key, had in fields if key == name), "")
        return [pair for pair in fields if pair[0] != name] + [(name, value.replace("*", old))]
    return then(change)


def many(count, value="v"):
    def change(draft):
        for number in range(count):
            draft.cover(f"x-{number}", value)
        draft.sign()
    return change


def number(r=None, s=None):
    """Puts numbers of our choice into the signature."""
    def change(raw):
        return (raw[:32] if r is None else r.to_bytes(32, "big")) + (
            raw[32:] if s is None else s.to_bytes(32, "big"))
    return with_bytes(change)


def key_id(form):
    return with_parameters(f';created=NOW;keyid="{form}"')


GOOD = ';created=NOW;keyid="KEY"'
CASES = [
    ("as it should be", with_parameters(GOOD), 200),
    ("with everything", with_parameters(GOOD + ';alg="ecdsa-p256-sha256";expires=NOW+;nonce="n";'
                                        'tag="t"'), 200),
    ("from the edge of the window", with_parameters(';created=NOW+;keyid="KEY"'), 200),
    ("of 29 more headers", many(29), 200),
    ("of a header that came twice", lambda draft: draft.cover("x-a", "1", times=2).sign(), 200),
    ("with its other s", with_bytes(lambda raw: raw[:32] + (
        ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")), 200),
    ("of 33 components", many(31), MISSING),
    ("of 59 components", many(56), MISSING),
    ("with a base beyond 1 kB", many(1, "v" * 1000), MISSING),
    ("none", lambda draft: None, MISSING),
    ("without input", then(lambda fields: fields[:-2] + fields[-1:]), MISSING),
    ("without bytes", then(lambda fields: fields[:-1]), MISSING),
    ("twice", then(lambda fields: fields + fields[-1:]), MISSING),
    ("input twice", then(lambda fields: fields + fields[-2:-1]), MISSING),
    ("both twice", then(lambda fields: fields + fields[-2:]), MISSING),
    ("labels apart", field("Signature", "x*"), MISSING),
    ("huge", field("Signature", "sig=:" + "A" * 15000 + ":"), MISSING),
    ("far too huge", field("Signature", "sig=:" + "A" * 20000 + ":"), "bad-request"),
    ("nine labels", field("Signature", ", ".join(f"l{i}=:AAAA:" for i in range(9))), MISSING),
    ("two labels, the first broken", field("Signature-Input", "a=(), *"), 200),
    ("two labels, the second broken", field("Signature-Input", "*, a=("), MISSING),
    ("cut base64", field("Signature", "sig=:AAA:"), MISSING),
    ("no structure", field("Signature", "\\o/"), MISSING),
    ("input without structure", field("Signature-Input", "sig=" + "(" * 5000), MISSING),
    ("quotes that do not end", field("Signature-Input", 'sig=("@method'), MISSING),
    ("63 bytes", with_bytes(lambda raw: raw[:63]), MISSING),
    ("65 bytes", with_bytes(lambda raw: raw + b"\0"), MISSING),
    ("r is 0", number(r=0), INVALID), ("s is 0", number(s=0), INVALID),
    ("r is n", number(r=ORDER), INVALID), ("s is n", number(s=ORDER), INVALID),
    ("both are 0", number(0, 0), INVALID), ("both are 1", number(1, 1), INVALID),
    ("all ones", number(2 ** 256 - 1, 2 ** 256 - 1), INVALID),
    ("of the past", with_parameters(';created=1;keyid="KEY"'), STALE),
    ("of the future", with_parameters(';created=999999999999999;keyid="KEY"'), STALE),
    ("16 digits", with_parameters(';created=9999999999999999;keyid="KEY"'), MISSING),
    ("negative", with_parameters(';created=-1;keyid="KEY"'), MISSING),
    ("a fraction", with_parameters(';created=NOW.5;keyid="KEY"'), MISSING),
    ("a leading zero", with_parameters(';created=0NOW;keyid="KEY"'), MISSING),
    ("created as text", with_parameters(';created="NOW";keyid="KEY"'), MISSING),
    ("created as truth", with_parameters(';created;keyid="KEY"'), MISSING),
    ("created twice", with_parameters(GOOD + ";created=NOW"), MISSING),
    ("never created", with_parameters(';keyid="KEY"'), MISSING),
    ("expired", with_parameters(GOOD + ";expires=1"), STALE),
    ("of nobody", with_parameters(";created=NOW"), MISSING),
    ("keyid as a token", with_parameters(";created=NOW;keyid=KEY"), MISSING),
    ("escapes in keyid", with_parameters(';created=NOW;keyid="\\\\KEY"'), MISSING),
    ("another algorithm", with_parameters(GOOD + ';alg="hmac-sha256"'), MISSING),
    ("no algorithm", with_parameters(GOOD + ';alg="none"'), MISSING),
    ("algorithm as a token", with_parameters(GOOD + ";alg=ecdsa-p256-sha256"), MISSING),
    ("an unknown parameter", with_parameters(GOOD + ";x=1"), MISSING),
    ("another town", key_id("2.KEY"), UNKNOWN), ("no town", key_id(".KEY"), UNKNOWN),
    ("a long id", key_id("1." + "A" * 3000), MISSING), ("an empty id", key_id(""), MISSING),
    ("@status", with_component("@status"), MISSING),
    ("@signature-params", with_component("@signature-params"), MISSING),
    ("@query-param", with_component("@query-param"), MISSING),
    ("upper case", with_component("Host"), MISSING),
    ("a header that is not there", with_component("x-none"), MISSING),
    ("an empty name", with_component(""), MISSING),
    ("a long name", with_component("x" * 65), MISSING),
    ("a component twice", with_component("@method"), MISSING),
    (";req", with_component('"host";req'), MISSING), (";bs", with_component('"host";bs'), MISSING),
    ("no method", without('"@method"'), MISSING), ("no path", without('"@path"'), MISSING),
    ("nothing at all", without('"@method"', '"@path"', '"content-digest"'), MISSING),
]


class Signatures:
    def __init__(self, judge, scene):
        self.judge, self.scene = judge, scene

    def run(self):
        for what, change, *allowed in CASES:
            self.case(what, change, allowed, lambda: Draft(self.scene.rich, "GET", "/v1/balance"))
            allowed = ["insufficient-funds" if code == 200 else code for code in allowed]
            self.case(what, change, allowed, self.transfer)
        self.key_ids()
        self.digests()
        self.elsewhere()

    def transfer(self):
        body = dumps({"to": self.scene.rich.me["party_id"], "amount": 1})
        return Draft(self.scene.poor, "PUT", f"/v1/transfers/{new_id()}", body)

    def case(self, what, change, allowed, make):
        draft = make()
        change(draft)
        with self.scene.wire() as wire:
            wire.send(draft.bytes())
            self.judge.check_raw(f"signature {what}: {draft.method}", wire.reply(), *allowed)

    def key_ids(self):
        """Other spellings of a good key id are other keys: nobody's."""
        town, thumb = self.scene.rich.key_id.split(".")
        for form in (f"0{town}.{thumb}", f"+{town}.{thumb}", f"{town}..{thumb}", f"{town}.{thumb}=",
                     f"2147483648.{thumb}", f"4294967297.{thumb}", f"2147483647.{thumb}",
                     f"-{town}.{thumb}", f"{town}.{thumb[:-1]}", f"{town}.{thumb.swapcase()}",
                     f"{town}.{thumb[:-1]}-", f" {town}.{thumb}", f"{town}.{thumb}/x"):
            self.case(f"by {form}", with_parameters(f';created=NOW;keyid="{form}"'), [UNKNOWN],
                      lambda: Draft(self.scene.rich, "GET", "/v1/balance"))

    def digests(self):
        wrong = digest_of(b"{}")
        for what, value in (("of another body", wrong), ("that is none", "sha-256=:AAAA:"),
                            ("of no structure", "sha-256"), ("of SHA-512 alone", "sha-512=:AAAA:"),
                            ("twice", None), ("as text", 'sha-256="x"'), ("empty", "")):
            draft = self.transfer()
            good = draft.values['"content-digest"']
            value = f"{good}, {good}" if value is None else value
            draft.fields = [(key, value if key == "content-digest" else had)
                            for key, had in draft.fields]
            draft.values['"content-digest"'] = value
            self.case(f"with a digest {what}", Draft.sign, [DIGEST], lambda made=draft: made)
        twice = self.transfer()
        twice.fields.append(("Content-Digest", wrong))
        twice.values['"content-digest"'] += ", " + wrong
        self.case("with two digests", Draft.sign, [DIGEST], lambda: twice)
        uncovered = Draft(self.scene.rich, "GET", "/v1/balance")
        uncovered.fields.append(("Content-Digest", wrong))
        self.case("with a digest of nothing", Draft.sign, [DIGEST], lambda: uncovered)

    def elsewhere(self):
        """A signature is good for one method, one path, one query, one body, one caller."""
        scene = self.scene
        intent = f"/v1/intents/{scene.open}"

        def moved(what, signed, method, path, body=None, who=None):
            signed.sign()
            signed.method, signed.path = method, path
            signed.body = signed.body if body is None else body
            if who is not None:
                signed.fields = [(key, value.replace(signed.who.key_id, who.key_id))
                                 for key, value in signed.fields]
            with scene.wire() as wire:
                wire.send(signed.bytes())
                self.judge.check_raw(f"moved {what}", wire.reply(), 401)

        moved("to another path", Draft(scene.rich, "GET", intent), "GET",
              f"/v1/intents/{scene.paid}")
        moved("to another method", Draft(scene.till, "GET", intent + "/cancel"), "POST",
              intent + "/cancel")
        moved("to a longer path", Draft(scene.till, "POST", intent), "POST", intent + "/cancel")
        moved("to a query", Draft(scene.rich, "GET", "/v1/history"), "GET", "/v1/history?limit=1")
        queried = Draft(scene.rich, "GET", "/v1/history?limit=1")
        queried.components.append('"@query"')
        moved("to another query", queried, "GET", "/v1/history?limit=2")
        moved("to another body", self.transfer(), "PUT", f"/v1/transfers/{new_id()}",
              dumps({"to": scene.rich.me["party_id"], "amount": 2}))
        moved("to another caller", Draft(scene.rich, "GET", "/v1/balance"), "GET", "/v1/balance",
              who=scene.owner)
        elsewhere = Draft(scene.rich, "GET", "/v1/balance").cover("host", "localhost")
        elsewhere.fields = [pair for pair in elsewhere.fields if pair[0] != "host"]
        elsewhere.values['"host"'] = "elsewhere.example"
        self.case("for another host", Draft.sign, [INVALID], lambda: elsewhere)
