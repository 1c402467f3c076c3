"""Passes bytes between a client and the switch, and can become deaf: while the file HOLD is there,
nothing the switch says comes through, though everything it is told does.

  relay.py LISTEN_PORT SWITCH_PORT HOLD
"""
import os
import selectors
import socket
import sys


def main():
    port, target, hold = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    selector = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", port))
    selector.register(listener, selectors.EVENT_READ, None)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", target))
                selector.register(client, selectors.EVENT_READ, (server, False))
                selector.register(server, selectors.EVENT_READ, (client, True))
                continue
            other, from_switch = key.data
            try:
                data = key.fileobj.recv(65536)
                if data and not (from_switch and os.path.exists(hold)):
                    other.sendall(data)
            except OSError:
                data = b""
            if not data:
                for end in (key.fileobj, other):
                    if end.fileno() >= 0:
                        selector.unregister(end)
                        end.close()
                break  # what else was selected may be of this pair


if __name__ == "__main__":
    main()
