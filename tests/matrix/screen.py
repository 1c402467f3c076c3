"""The full-screen till, `fz-pos screen`, on a terminal of its own: what stands on it."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading

ROWS, COLUMNS = 40, 120
# The screen is drawn line by line: to a line, in a style, its text whole.
DRAWN = re.compile(r"\x1b\[(\d+);1H((?:[^\x1b]|\x1b\[[\d;]*m)*)")
STYLE = re.compile(r"\x1b\[[\d;]*m")


class Screen:
    def __init__(self, command, environment, text_of):
        self.text_of = text_of
        self.lines, self.left, self.lock = {}, "", threading.Lock()
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(command[0], command, dict(environment, TERM="xterm-256color"))
        self.ended = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        while not self.ended:
            try:
                ready, _, _ = select.select([self.terminal], [], [], 0.1)
                data = os.read(self.terminal, 65536) if ready else b""
            except OSError:
                return
            with self.lock:
                self.left += decoder.decode(data)
                for drawn in DRAWN.finditer(self.left):
                    self.lines[int(drawn[1])] = STYLE.sub("", drawn[2])
                begin = self.left.rfind("\x1b[", 0, self.left.rfind(";1H") + 1)
                self.left = self.left[max(begin, 0):]  # the last line may go on

    def has(self, english):
        """Whether these words of the program stand on it."""
        return self.holds(self.text_of(english))

    def holds(self, text):
        with self.lock:
            return any(text in line for line in self.lines.values())

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def __str__(self):
        with self.lock:
            return "\n".join(self.lines[line].rstrip() for line in sorted(self.lines))

    def kill(self):
        """The power fails."""
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        self.ended = True
        self.thread.join()
        os.close(self.terminal)
