"""Stands between the switch and PostgreSQL, on unix sockets, and does harm when told to: one order
per line on standard input, one line on standard output when it was carried out. Connections of
the writers alone are harmed, and only the next one that comes to the point in question.

  pg_proxy.py LISTEN_SOCKET POSTGRES_SOCKET [--dishonest]

  up N        after N more bytes from writers to PostgreSQL, cut the connection
  down N      after N more bytes from PostgreSQL to writers, cut the connection
  commit MS   when a COMMIT was passed on whole, let no answer through and cut MS later
  hold        stop (SIGSTOP) the process whose batch has just taken the ledger's head, before it
              hears of it: `hold PID MONOTONIC_SECONDS`

--dishonest starts the writers' sessions with synchronous_commit=no, as a ledger would that answers
before it is durable: the crash test must notice.
"""
import os
import selectors
import signal
import socket
import struct
import sys
import time

CHUNK = 65536
WRITER = b"application_name\0fz-switch writer\0"
HONEST, DISHONEST = b"synchronous_commit=on", b"synchronous_commit=no"
# A Bind message without a portal's name, and with a statement's of commit_statements.c.
HEAD, COMMIT = b"\0fz_head\0", b"\0fz_commit\0"
SYNC = b"S\0\0\0\4"
IN_TRANSACTION = b"Z\0\0\0\5T"  # ready for more, with a transaction open


class Pair:
    """A connection of the switch and the one to PostgreSQL that carries it on."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.is_writer = False
        self.is_first = True
        self.tail = b""       # the end of what the client said, for words that arrive in two pieces
        self.locks = False    # the head was asked for, and the whole answer did not come yet
        self.commits = False  # COMMIT is on its way, the end of its round trip not yet
        self.deaf = False     # what PostgreSQL says gets lost

    def peer(self):
        credentials = self.client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", credentials)[0]


class Proxy:
    def __init__(self, listen_path, target, dishonest):
        self.target, self.dishonest = target, dishonest
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(listen_path)
        self.listener.listen(64)
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(0, selectors.EVENT_READ, None)
        self.order, self.number = None, 0  # what to do, and how many bytes or milliseconds later
        self.doomed = []  # (when, pair)
        self.waiting = b""

    def run(self):
        print("ready", flush=True)
        while True:
            for key, _ in self.selector.select(0.01 if self.doomed else None):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fd == 0:
                    if not self.take_orders():
                        return
                elif key.fileobj.fileno() >= 0:  # not closed by what was done just before
                    self.pass_on(key.data, key.fileobj is key.data.client)
            due = [pair for when, pair in self.doomed if when <= time.monotonic()]
            self.doomed = [doom for doom in self.doomed if doom[1] not in due]
            for pair in due:
                self.close(pair)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.target)
        except OSError:  # PostgreSQL is down
            client.close()
            return
        pair = Pair(client, server)
        for end in (client, server):
            self.selector.register(end, selectors.EVENT_READ, pair)

    def close(self, pair):
        self.forget(pair)
        for end in (pair.client, pair.server):
            end.close()

    def forget(self, pair):
        for end in (pair.client, pair.server):
            if end.fileno() >= 0 and end.fileno() in self.selector.get_map():
                self.selector.unregister(end)

    def take_orders(self):
        data = os.read(0, 4096)
        *lines, self.waiting = (self.waiting + data).split(b"\n")
        for line in lines:
            self.order, *number = line.decode().split()
            self.number = int(number[0]) if number else 0
        return data != b""

    def done(self, *more):
        print(self.order, *more, flush=True)
        self.order = None

    def pass_on(self, pair, upwards):
        try:
            data = (pair.client if upwards else pair.server).recv(CHUNK)
            if data and upwards:
                self.send_up(pair, data)
            elif data:
                self.send_down(pair, data)
        except OSError:
            data = b""
        if not data and not pair.deaf:
            self.close(pair)
        elif not data:  # PostgreSQL has nothing more to say; the switch hears it when it is due
            self.forget(pair)

    def send_up(self, pair, data):
        if pair.is_first:
            pair.is_first = False
            pair.is_writer = WRITER in data
            if self.dishonest and pair.is_writer:
                data = data.replace(HONEST, DISHONEST)
        if not pair.is_writer:
            pair.server.sendall(data)
            return
        if self.counted("up", pair, data, pair.server):
            return
        said = pair.tail + data
        pair.tail = said[-len(COMMIT):]
        if HEAD in said:
            pair.locks = True
        if COMMIT in said:
            pair.commits = True
        pair.server.sendall(data)
        if pair.commits and said.endswith(SYNC):
            pair.commits = False
            if self.order == "commit":
                pair.deaf = True
                self.doomed.append((time.monotonic() + self.number / 1000, pair))
                self.done()

    def send_down(self, pair, data):
        if pair.deaf:
            return
        if pair.is_writer:
            if self.counted("down", pair, data, pair.client):
                return
            if pair.locks and data.endswith(IN_TRANSACTION):
                pair.locks = False
                if self.order == "hold":
                    os.kill(pair.peer(), signal.SIGSTOP)
                    self.done(pair.peer(), time.monotonic())
        pair.client.sendall(data)

    def counted(self, order, pair, data, end):
        """Whether the connection was cut within these bytes."""
        if self.order != order:
            return False
        if self.number > len(data):
            self.number -= len(data)
            return False
        end.sendall(data[:self.number])
        self.close(pair)
        self.done()
        return True


if __name__ == "__main__":
    Proxy(sys.argv[1], sys.argv[2], "--dishonest" in sys.argv[3:]).run()
