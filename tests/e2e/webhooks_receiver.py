"""A shop's receiver of webhooks, for the tests: keeps what it gets, and answers as it is told.

It checks signatures as docs/api.md says, with the very code of that page.
"""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time


def verified(secrets, headers, body, now):
    """Whether one of our secrets signed it; by Standard Webhooks, with nothing of the project."""
    moment = int(headers["webhook-timestamp"])
    if abs(now - moment) > 300:
        return False
    content = headers["webhook-id"].encode() + b"." + str(moment).encode() + b"." + body
    wanted = ["v1," + base64.b64encode(hmac.new(base64.b64decode(
        secret.removeprefix("whsec_")), content, hashlib.sha256).digest()).decode()
        for secret in secrets]
    return any(hmac.compare_digest(one, given) for one in wanted
               for given in headers["webhook-signature"].split())


class Message:
    def __init__(self, headers, body):
        self.at = time.time()
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        self.json = json.loads(body)
        self.id = self.headers["webhook-id"]
        self.seq = self.json["data"]["seq"]
        self.type = self.json["type"]

    def signed_by(self, *secrets):
        return verified(secrets, self.headers, self.body, self.at)

    def signatures(self):
        return self.headers["webhook-signature"].split()


class Receiver:
    """Use as a context. `answer(message)` gives (status, headers, body), or acts on the handler."""

    def __init__(self, certificate=None, host="127.0.0.1", port=0):
        self.got = []
        self.lock = threading.Lock()
        self.answer = lambda message: 204
        self.connections = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                with receiver.lock:
                    receiver.connections += 1
                super().setup()

            def do_POST(self):
                length = int(self.headers["content-length"])
                receiver.take(self, Message(self.headers, self.rfile.read(length)))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                """A courier that hung up is no news."""

        self.server = Server((host, port), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://{'localhost' if certificate else host}:{self.port}/feezero?a=1"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def take(self, handler, message):
        with self.lock:
            self.got.append(message)
        answer = self.answer(message)
        if callable(answer):
            answer(handler)
            return
        status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"")
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def messages(self):
        with self.lock:
            return list(self.got)

    def wait_for(self, count, seconds=20):
        """The messages, once there are so many."""
        until = time.monotonic() + seconds
        while len(self.messages()) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.messages()
