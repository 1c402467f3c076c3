"""The documents against the program: docs/errors.md, docs/openapi.yaml, docs/api.md.

  documents_test.py API_TABLES AUTH_FOREIGN

API_TABLES prints the program's own tables; AUTH_FOREIGN verifies a signed request with its code.
"""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from openapi_qr import parse_qr, uuid_of_base32
from openapi_schema import SOURCE, Contract

TABLES, FOREIGN = sys.argv[1:3]
ROLES_OF_COLUMNS = (("resident",), ("terminal",), ("owner",), ("treasurer", "auditor"))
checks = 0
faults = []


def expect(holds, what):
    global checks
    checks += 1
    if not holds:
        faults.append(what)


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


contract = Contract()
api = read("docs/api.md")
blocks = dict(re.findall(r"^```[a-z]+ (example-[a-z]+)\n(.*?)\n```$", api, re.M | re.S))
errors = [[cell.strip(" `") for cell in line.strip("|").split("|")]
          for line in run(TABLES, "errors").splitlines()]
statuses = {cells[0]: int(cells[2]) for cells in errors}
routes = {(method, path): set(roles.split(",")) - {"-", "signed"} for method, path, roles in
          (line.split() for line in run(TABLES, "routes").splitlines())}


def check_errors_page():
    rows = [line for line in read("docs/errors.md").splitlines() if line.startswith("| `")]
    expect(rows == run(TABLES, "errors").splitlines(),
           "docs/errors.md differs from errors.def: take over what `api_tables errors` prints")


def check_contract():
    """The same endpoints for the same roles, and no code that is not in errors.def."""
    described = {}
    for name, method, path, operation in contract.operations():
        described[(method, path)] = set(operation["x-roles"])
        for status, codes in contract.codes(operation).items():
            for code in codes:
                expect(statuses.get(code) == status, f"{name}: {code} is not a {status}")
        if path.startswith("/v1/"):
            missing = {400, 401, 500, 503} - set(contract.codes(operation))
            expect(not missing, f"{name} does not say what {missing} mean")
    for route in routes.keys() | described.keys():
        expect(routes.get(route) == described.get(route),
               f"{route}: the program has {routes.get(route)}, the file {described.get(route)}")


def check_examples():
    """Every example fits its own schema."""
    seen = 0
    for name, _, _, operation in contract.operations():
        media = [content for status in operation["responses"]
                 for content in contract.content(operation, status).values()]
        media += operation.get("requestBody", {}).get("content", {}).values()
        for content in media:
            values = [content["example"]] if "example" in content else []
            values += [example["value"] for example in content.get("examples", {}).values()]
            for value in values:
                seen += 1
                wrong = contract.faults(content["schema"], value)
                expect(not wrong, f"{name}: the example {value}: {wrong}")
    expect(seen >= 20, f"only {seen} examples were found")


def limit(name):
    return int(re.search(rf"#define {name} (\d+)", read("include/feezero/limits.h")).group(1))


def check_limits():
    """The bounds of the file are those of the program."""
    schemas = contract.root["components"]["schemas"]
    by_name = {name: operation for name, _, _, operation in contract.operations()}

    def parameter(operation, wanted):
        return next(p["schema"] for p in by_name[operation]["parameters"] if p["name"] == wanted)

    body = by_name["putIntent"]["requestBody"]["content"]["application/json"]["schema"]
    seconds = body["properties"]["expires_in"]
    page = parameter("getHistory", "limit")
    for value, name in (
            (schemas["Amount"]["minimum"], "FZ_AMOUNT_MIN"),
            (schemas["Amount"]["maximum"], "FZ_AMOUNT_MAX"),
            (schemas["Message"]["maxLength"], "FZ_NOTE_MAX"),
            (schemas["Events"]["properties"]["events"]["maxItems"], "FZ_PAGE_MAX"),
            (seconds["minimum"], "FZ_INTENT_TTL_MIN_S"),
            (seconds["maximum"], "FZ_INTENT_TTL_MAX_S"),
            (seconds["default"], "FZ_INTENT_TTL_DEFAULT_S"),
            (page["maximum"], "FZ_PAGE_MAX"),
            (page["default"], "FZ_PAGE_DEFAULT"),
            (by_name["putWebhook"]["requestBody"]["content"]["application/json"]["schema"]
             ["properties"]["url"]["maxLength"], "FZ_WEBHOOK_URL_MAX"),
            (schemas["Webhooks"]["properties"]["webhooks"]["maxItems"], "FZ_WEBHOOKS_MAX"),
            (schemas["WebhookReplay"]["properties"]["replayed"]["maximum"],
             "FZ_WEBHOOK_REPLAY_MAX"),
            (by_name["rotateWebhook"]["requestBody"]["content"]["application/json"]["schema"]
             ["properties"]["overlap"]["maximum"], "FZ_WEBHOOK_OVERLAP_S"),
            (parameter("getIntentEvents", "wait")["maximum"], "FZ_LONGPOLL_MAX_S")):
        expect(value == limit(name), f"docs/openapi.yaml has {value} where {name} is {limit(name)}")
    for text, name in (("16,384\nbytes", "FZ_HTTP_BODY_MAX"), ("2,048.", "FZ_ORDER_BODY_MAX"),
                       ("after 14 days", "FZ_ENROL_CODE_DAYS"), ("after 75 s", "FZ_HTTP_IDLE_S"),
                       ("at most 1,000,000.", "FZ_PAYMENT_MAX"),
                       ("within 300 s", "FZ_SIGNATURE_WINDOW_S")):
        expect(text in api and int(re.sub(r"\D", "", text)) == limit(name),
               f"docs/api.md does not say {name} ({limit(name)}) as {text!r}")


def check_role_table():
    """Section 8 of docs/api.md, cell by cell, against the program."""
    seen = set()
    for line in api.splitlines():
        row = re.match(r"\| `(GET|PUT|POST|DELETE) (/v1/[^`]*)`([^|]*)\|(.*)\|$", line)
        if row is None or row.group(2) == "/v1/enrol":
            continue
        route = (row.group(1).lower(), row.group(2))
        allowed = {role for roles, cell in zip(ROLES_OF_COLUMNS, row.group(4).split("|"))
                   if cell.strip() for role in roles}
        seen.add(route)
        expect(routes.get(route) == allowed, f"docs/api.md, {route}: {allowed}")
    wanted = {route for route, roles in routes.items() if roles}
    expect(seen == wanted, f"the table of docs/api.md lacks {wanted - seen}")


def public_key():
    """What the openssl program makes of the private key on the page."""
    der = subprocess.run(["openssl", "ec", "-pubout", "-outform", "DER"], check=True,
                         input=blocks["example-key"].encode() + b"\n", capture_output=True).stdout
    return der


def check_example():
    """The worked example: each block follows from those before it, and both ends accept it."""
    spki, body, base = public_key(), blocks["example-body"], blocks["example-base"]
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")
    expect(blocks["example-spki"] == base64.b64encode(spki).decode(), "the public key")
    expect(blocks["example-thumbprint"] == thumbprint, "the thumbprint")
    head, sent = blocks["example-request"].split("\n\n")
    line, *fields = head.split("\n")
    method, path, _ = line.split(" ")
    headers = dict(field.split(": ", 1) for field in fields)
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() + ":"
    expect(sent == body and headers["Content-Length"] == str(len(body)), "the body of the request")
    expect(headers["Content-Digest"] == digest, "the digest")
    params = headers["Signature-Input"].removeprefix("sig=")
    expect(f'keyid="1.{thumbprint}"' in params, "the key id")
    rebuilt = "\n".join([f'"@method": {method}', f'"@path": {path}', f'"content-digest": {digest}',
                         f'"@signature-params": {params}'])
    expect(base == rebuilt, f"the base:\n{base}\n{rebuilt}")
    expect(f"{len(base)} bytes; its SHA-256 is `{hashlib.sha256(base.encode()).hexdigest()}`" in
           api, "length and digest of the base in the text")
    expect(f"The body, {len(body)} bytes" in api, "the length of the body in the text")
    signature = base64.b64decode(headers["Signature"].removeprefix("sig=:").rstrip(":"))
    expect(verifies(spki, base.encode(), signature), "the signature, to openssl")
    expect(not verifies(spki, base.encode() + b"\n", signature), "a signature of other bytes")
    check_example_here(spki, method, path, headers, body)


def check_webhook_example():
    """The page's own code takes the example of Standard Webhooks, and nothing that differs."""
    scope = {}
    exec(blocks["example-webhook"], scope)  # code of ours, from the page
    code = blocks["example-webhook"].split("\n")
    lines = [line for line in code if line.strip() and not line.strip().startswith('"""')]
    expect(len(lines) <= 15, f"the example has {len(lines)} lines")
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
               "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
    right, other = headers["webhook-signature"], "v1," + "A" * 43 + "="
    for what, wanted, moment, changes, sent in (
            ("the vector", True, 1614265330, {}, body),
            ("299 s later", True, 1614265629, {}, body),
            ("the second of two", True, 1614265330,
             {"webhook-signature": f"{other} {right}"}, body),
            ("another kind beside it", True, 1614265330,
             {"webhook-signature": f"v1a,xyz {right}"}, body),
            ("too late", False, 1614265631, {}, body),
            ("too early", False, 1614265029, {}, body),
            ("another body", False, 1614265330, {}, body + b" "),
            ("another id", False, 1614265330, {"webhook-id": "msg_x"}, body),
            ("another time", False, 1614265330, {"webhook-timestamp": "1614265331"}, body),
            ("no time", False, 1614265330, {"webhook-timestamp": "soon"}, body),
            ("another signature", False, 1614265330, {"webhook-signature": other}, body),
            ("no signature", False, 1614265330, {"webhook-signature": ""}, body)):
        expect(scope["verified"](secret, headers | changes, sent, moment) == wanted,
               f"the webhook example, {what}")
    head, shown = blocks["example-message"].split("\n\n")
    headers = dict(line.split(": ", 1) for line in head.split("\n")[1:])
    secret = re.search(r"`(whsec_[^`]+)`", api).group(1)
    sent = shown.replace("\n", "").encode()
    expect(scope["verified"](secret, headers, sent, 1796083209), "the message on the page")
    event = {name: value for name, value in json.loads(sent)["data"].items()
             if name not in ("community", "shop")}
    wrong = contract.faults({"$ref": "#/components/schemas/Event"}, event)
    expect(not wrong, f"the event of the message: {wrong}")


def der_integer(number):
    octets = number.to_bytes(33, "big").lstrip(b"\0")
    octets = b"\0" + octets if octets[0] & 0x80 else octets
    return bytes([2, len(octets)]) + octets


def verifies(spki, message, signature):
    """Asks the openssl program."""
    numbers = b"".join(der_integer(int.from_bytes(half, "big"))
                       for half in (signature[:32], signature[32:]))
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key", "signature", "message")]
        pem = (b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(spki) +
               b"-----END PUBLIC KEY-----\n")
        for path, content in zip(paths, (pem, bytes([0x30, len(numbers)]) + numbers, message)):
            with open(path, "wb") as file:
                file.write(content)
        return subprocess.run(["openssl", "dgst", "-sha256", "-verify", paths[0], "-signature",
                               paths[1], paths[2]], capture_output=True, check=False
                              ).returncode == 0


def check_example_here(spki, method, path, headers, body):
    """The switch's own code takes the request for what it says, and refuses it one byte off."""
    def case(body_sent, expected):
        lines = [f"spki {base64.b64encode(spki).decode()}", f"method {method}",
                 f"authority {headers['Host']}", f"path {path}", "now 1796083209",
                 f"body {body_sent}"]
        lines += [f"header {name} {value}" for name, value in headers.items()]
        return "\n".join(lines + [f"expect {expected}", "", ""])

    cases = case(body, "ok") + case(body.replace("1480", "1481"), "digest-mismatch")
    result = subprocess.run([FOREIGN, "verify"], input=cases, text=True, capture_output=True,
                            check=False)
    expect(result.returncode == 0, f"our own verifier: {result.stdout} {result.stderr}")


def check_problem_and_code():
    """The problem and the QR code on the page."""
    problem = json.loads(blocks["example-problem"])
    wrong = contract.faults({"$ref": "#/components/schemas/Problem"}, problem)
    expect(not wrong, f"the problem: {wrong}")
    row = next(cells for cells in errors if cells[0] == problem["code"])
    expect([problem["title"], problem["title_ja"]] == row[5:7], "the words of the problem")
    code = parse_qr(blocks["example-qr"])
    intent = uuid_of_base32(code["27"]["03"])
    expect(f"PUT /v1/intents/{intent}" in api, f"the code's intent is {intent}")
    for value in list(code["27"].values()) + list(code["62"].values()) + [
            code["54"], code["52"], code["59"], code["60"], code["61"], code["64"]["01"],
            code["63"]]:
        expect(f"`{value}`" in api, f"docs/api.md does not explain {value} of the code")
    expect(blocks["example-qr"] in read("docs/openapi.yaml"), "openapi.yaml shows the same code")


for check in (check_errors_page, check_contract, check_examples, check_limits, check_role_table,
              check_example, check_webhook_example, check_problem_and_code):
    check()
print(f"{checks} checks")
sys.exit("\n".join(faults) if faults else 0)
