"""A client of the FeeZero API, written from docs/api.md alone: keys, signatures, requests.

It shares no code with the project, so that both ends can be wrong only independently. Signs with
python3-cryptography where it is installed, else with the openssl program.
"""
import atexit
import base64
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import tempfile
import time
import uuid

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
except ImportError:
    ec = None


def new_id():
    """A fresh operation id, made before anything is sent."""
    return str(uuid.uuid4())


def integers_of_der(der):
    """The integers of an ASN.1 SEQUENCE of INTEGERs: r and s of a signature in DER."""
    numbers, at = [], 2
    while at < len(der):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return numbers


class Key:
    """A P-256 key pair: sign() gives r || s, spki the public key in DER."""

    def __init__(self):
        if ec is not None:
            self.private = ec.generate_private_key(ec.SECP256R1())
            self.spki = self.private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        else:
            handle, self.file = tempfile.mkstemp(suffix=".pem")
            os.close(handle)
            atexit.register(os.unlink, self.file)
            subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout",
                            "-out", self.file], check=True)
            self.spki = subprocess.run(["openssl", "ec", "-in", self.file, "-pubout", "-outform",
                                        "DER"], check=True, capture_output=True).stdout

    def sign(self, message):
        if ec is not None:
            r, s = utils.decode_dss_signature(
                self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        else:
            der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file],
                                 input=message, check=True, capture_output=True).stdout
            r, s = integers_of_der(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def thumbprint(self):
        digest = hashlib.sha256(self.spki).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Answer:
    """What came back. `json` is None for bodies that are not JSON."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.type = self.headers.get("content-type", "").split(";")[0]
        self.json = json.loads(self.body) if self.type.endswith("json") else None

    @property
    def code(self):
        """The code of a problem; None for any other answer."""
        return self.json.get("code") if self.type == "application/problem+json" else None

    def __repr__(self):
        return f"{self.status} {self.body.decode(errors='replace')[:600]}"


def sign(key, key_id, method, path, query, body, created):
    """The three headers of a signed request. `query` includes its "?", or is empty."""
    headers, components, lines = {}, ['"@method"', '"@path"'], []
    lines.append(f'"@method": {method}')
    lines.append(f'"@path": {path}')
    if query:
        components.append('"@query"')
        lines.append(f'"@query": {query}')
    if body:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers["Content-Digest"] = f"sha-256=:{digest}:"
        components.append('"content-digest"')
        lines.append(f'"content-digest": {headers["Content-Digest"]}')
    parameters = f'({" ".join(components)});created={created};keyid="{key_id}"'
    lines.append(f'"@signature-params": {parameters}')
    signature = base64.b64encode(key.sign("\n".join(lines).encode())).decode()
    headers["Signature-Input"] = f"sig={parameters}"
    headers["Signature"] = f"sig=:{signature}:"
    return headers


class Client:
    """One caller: a key, and a connection that is kept open. Not for several threads at once."""

    def __init__(self, port, ca_file, community=1, key=None):
        self.port, self.ca_file = port, ca_file
        self.key = key or Key()
        self.key_id = f"{community}.{self.key.thumbprint()}"
        self.connection = None

    def another(self):
        """The same caller on a connection of its own."""
        twin = Client(self.port, self.ca_file, key=self.key)
        twin.key_id = self.key_id
        return twin

    def raw(self, method, target, headers, body):
        """Sends exactly this. A connection that was closed meanwhile is made anew, once."""
        for attempt in (1, 2):
            if self.connection is None:
                context = ssl.create_default_context(cafile=self.ca_file)
                self.connection = http.client.HTTPSConnection("localhost", self.port, timeout=60,
                                                              context=context)
            try:
                self.connection.request(method, target, body=body, headers=headers)
                answer = Answer(self.connection.getresponse())
                if answer.headers.get("connection") == "close":
                    self.close()
                return answer
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
                self.close()
                if attempt == 2:
                    raise
        return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def signed(self, method, path, body=None, query="", created=None):
        """Headers and bytes of a request, ready for raw()."""
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        created = int(time.time()) if created is None else created
        headers = sign(self.key, self.key_id, method, path, query, data, created)
        if data:
            headers["Content-Type"] = "application/json"
        return headers, data

    def send(self, method, path, body=None, query=""):
        headers, data = self.signed(method, path, body, query)
        return self.raw(method, path + query, headers, data or None)

    def enrol(self, code, label=None):
        """Binds our key to what the one-time code stands for."""
        body = {"code": code, "public_key": base64.b64encode(self.key.spki).decode()}
        if label is not None:
            body["label"] = label
        return self.send("POST", "/v1/enrol", body)
