"""A client that shares no code with FeeZero: signs requests after RFC 9421 and RFC 9530 with
python3-cryptography, in many shapes, and checks the signatures that FeeZero's clients make.

  foreign_client.py cases          requests for `auth_foreign verify`, with the expected answers
  foreign_client.py check M P Q B  reads what `auth_foreign sign M P Q B` printed, and verifies it
"""
import base64
import hashlib
import random
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

NOW = 1796083200
BODY = '{"intent_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","amount":1480}'


def b64(data):
    return base64.b64encode(data).decode()


def digest_of(body):
    return "sha-256=:" + b64(hashlib.sha256(body.encode()).digest()) + ":"


def component(name, request):
    path, query = request["path"], request.get("query")
    derived = {
        "@method": request["method"],
        "@path": path,
        "@query": query or "?",
        "@authority": request["authority"].lower().removesuffix(":443"),
        "@scheme": "https",
        "@request-target": path + (query or ""),
    }
    derived["@target-uri"] = "https://" + derived["@authority"] + derived["@request-target"]
    if name in derived:
        return derived[name]
    return ", ".join(value.strip() for key, value in request["headers"] if key.lower() == name)


def base_of(names, params, request):
    lines = ['"%s": %s' % (name, component(name, request)) for name in names]
    return "\n".join(lines + ['"@signature-params": ' + params])


def spki_of(public_key):
    return public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id_of(spki):
    return "7." + base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")


def sign(key, names, parameters, request):
    """Adds the two headers, as another library would spell them."""
    params = "(" + " ".join('"%s"' % name for name in names) + ")"
    params += "".join(";%s=%s" % pair for pair in parameters)
    der = key.sign(base_of(names, params, request).encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    request["headers"] += [("Signature-Input", "sig1=" + params),
                           ("Signature", "sig1=:" + b64(raw) + ":")]


def print_case(spki, request, expect):
    print("spki", b64(spki))
    for name in ("method", "authority", "path", "query", "body"):
        if request.get(name) is not None:
            print(name, request[name])
    for name, value in request["headers"]:
        print("header", name, value)
    print("now", NOW)
    print("expect", expect)
    print()


def random_request(dice):
    request = {"method": dice.choice(["PUT", "GET", "POST"]),
               "authority": dice.choice(["localhost:8443", "Town.Example:443", "town.example"]),
               "path": dice.choice(["/", "/v1/balance", "/v1/payments/%7Eodd/..;x=1"]),
               "headers": [("Content-Type", "application/json"), ("X-Two", "a "), ("X-Two", " b")]}
    if dice.random() < 0.5:
        request["query"] = dice.choice(["?", "?after=3", "?a=%20b&a=c+d"])
    if dice.random() < 0.6:
        request["body"] = BODY
        request["headers"].append(("Content-Digest", digest_of(BODY)))
    return request


def random_parameters(dice, spki, created):
    parameters = [("created", created), ("keyid", '"%s"' % key_id_of(spki))]
    optional = [("alg", '"ecdsa-p256-sha256"'), ("nonce", '"a\\"b\\\\c"'), ("tag", '"till"'),
                ("expires", NOW + 100)]
    parameters += dice.sample(optional, dice.randrange(len(optional) + 1))
    dice.shuffle(parameters)
    return parameters


def tamper(dice, request):
    """Changes something that was signed; returns what must be said about it."""
    what = dice.choice(["method", "path", "query", "body", "none", "none"])
    if what == "method":
        request["method"] = "DELETE"
    elif what == "path":
        request["path"] += "x"
    elif what == "query" and "query" in request:
        request["query"] += "x"
    elif what == "body" and "body" in request:
        request["body"] += " "
        return "digest-mismatch"
    else:
        return "ok"
    return "signature-invalid"


def cases():
    dice = random.Random(20261201)
    for number in range(400):
        key = ec.generate_private_key(ec.SECP256R1())
        spki = spki_of(key.public_key())
        request = random_request(dice)
        names = ["@method", "@path"]
        names += ["@query"] if "query" in request else []
        names += ["content-digest"] if "body" in request else []
        extra = ["@authority", "@scheme", "@target-uri", "@request-target", "content-type", "x-two"]
        names += dice.sample(extra, dice.randrange(len(extra) + 1))
        dice.shuffle(names)
        created = NOW + dice.choice([0, 0, 0, -300, 300, -301, 301])
        sign(key, names, random_parameters(dice, spki, created), request)
        expect = tamper(dice, request)
        if abs(created - NOW) > 300:
            expect = "signature-stale"
        if number % 10 == 9:
            spki = spki_of(ec.generate_private_key(ec.SECP256R1()).public_key())
            expect = "key-unknown" if expect != "signature-stale" else expect
        print_case(spki, request, expect)


def check(method, path, query, body):
    fields = dict(line.rstrip("\n").split(" ", 1) for line in sys.stdin)
    request = {"method": method, "path": path, "authority": "unused", "headers": []}
    if query != "-":
        request["query"] = query
    names = ["@method", "@path", "@query"]
    if body != "-":
        names.append("content-digest")
        assert fields["content-digest"] == digest_of(body), fields
        request["headers"].append(("Content-Digest", digest_of(body)))
    spki = base64.b64decode(fields["spki"], validate=True)
    params = "(" + " ".join('"%s"' % name for name in names) + ")"
    params += ';created=%d;keyid="%s";alg="ecdsa-p256-sha256"' % (NOW, key_id_of(spki))
    assert fields["signature-input"] == "fz=" + params, fields["signature-input"]
    text = fields["signature"]
    assert text.startswith("fz=:") and text.endswith(":"), text
    raw = base64.b64decode(text[4:-1], validate=True)
    assert len(raw) == 64, len(raw)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"),
                                     int.from_bytes(raw[32:], "big"))
    public_key = serialization.load_der_public_key(spki)
    base = base_of(names, params, request).encode()
    public_key.verify(der, base, ec.ECDSA(hashes.SHA256()))
    try:
        public_key.verify(der, base + b" ", ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        print("verified", method, path)
        return
    sys.exit("the library accepts anything")


if __name__ == "__main__":
    if sys.argv[1] == "cases":
        cases()
    else:
        check(*sys.argv[2:])
