"""A client that does not keep to HTTP: bytes on a TLS socket, and what comes back."""
import json
import socket
import ssl
import struct


class Reply:
    """One answer read off a socket, with the same names as openapi_client.Answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = headers.get("content-type", "").split(";")[0]
        self.json = json.loads(body) if self.type.endswith("json") else None

    @property
    def code(self):
        return self.json.get("code") if self.type == "application/problem+json" else None

    def __repr__(self):
        return f"{self.status} {self.body.decode(errors='replace')[:600]}"


class Wire:
    """A TLS connection to the switch that sends whatever it is given."""

    def __init__(self, port, timeout=5, plain=False):
        self.buffer = b""
        self.is_silent = False  # nothing came for as long as we wait
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        if not plain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.socket.settimeout(timeout)  # for answers; a handshake may take its time

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False: the other end has closed already."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def reset(self):
        """Ends with a RST instead of a goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def fill(self):
        try:
            more = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            more = b""
        except TimeoutError:
            self.is_silent = True
            more = b""
        self.buffer += more
        return more != b""

    def reply(self, has_body=True):
        """The next answer; None: the connection was closed instead. Waits at most the timeout."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in lines[1:]]
        headers = {name.lower(): value for name, value in fields}
        size = int(headers.get("content-length", 0)) if has_body else 0
        while len(self.buffer) < size:
            if not self.fill():
                return None
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return Reply(int(lines[0].split()[1]), headers, body)

    def is_closed(self):
        """Waits for the end of the connection; anything that comes instead is an error."""
        return self.buffer == b"" and not self.fill() and not self.is_silent


def request(method, target, headers=(), body=b"", version="1.1"):
    """The bytes of a request, with nothing added but Host and Content-Length."""
    head = f"{method} {target} HTTP/{version}\r\nHost: localhost\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode("latin-1") + b"\r\n" + body
