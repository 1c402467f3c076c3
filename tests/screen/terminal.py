"""A real terminal for the tests: tmux on a socket of its own. Keys go in, what a person would see
comes out, as text or as a picture painted cell by cell, which zbar can read.
"""
import os
import re
import signal
import subprocess
import time

CELL_WIDTH = 6   # pixels; dots of half blocks are then square
CELL_HEIGHT = 12
WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
                  "\uff00-\uff60\uffe0-\uffe6]")


class Terminal:
    """One program on one terminal."""

    def __init__(self, folder, columns=80, rows=24):
        self.folder = folder
        self.socket = None
        self.starts = 0
        self.columns = columns
        self.rows = rows
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}

    def tmux(self, *arguments, check=True):
        """Runs one command of tmux; answers what it prints."""
        done = subprocess.run(["tmux", "-u", "-f", "/dev/null", "-S", self.socket, *arguments],
                              capture_output=True, text=True, timeout=20, check=False,
                              env=self.environment)
        if check and done.returncode != 0:
            raise AssertionError(f"tmux {arguments}: {done.stderr}")
        return done.stdout

    def start(self, command):
        """Runs a command line in a new terminal, which stays after its end."""
        self.starts += 1
        self.socket = os.path.join(self.folder, f"tmux{self.starts}")
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in command)
        self.tmux("new-session", "-d", "-x", str(self.columns), "-y", str(self.rows),
                  f"{quoted}; echo \"ended with $?\"; stty -a; exec sleep 600")
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("set-option", "-g", "escape-time", "0")
        self.tmux("resize-window", "-x", str(self.columns), "-y", str(self.rows))

    def stop(self):
        """Ends it, and first what runs in it: LeakSanitizer hangs when its process loses the
        terminal just then (the kernel's SIGCONT takes back the stop that it waits for)."""
        if self.socket is None:
            return
        try:
            os.kill(self.pid(), signal.SIGKILL)
        except (AssertionError, subprocess.CalledProcessError, ProcessLookupError):
            pass  # it has ended, as it may
        self.tmux("kill-server", check=False)

    def resize(self, columns, rows):
        """As if a person dragged the window's corner."""
        self.columns, self.rows = columns, rows
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def keys(self, *names):
        """Presses keys by their names in tmux."""
        for name in names:
            self.tmux("send-keys", name)

    def type(self, text):
        """Types text as a person does, with time between the keys."""
        for character in text:
            self.tmux("send-keys", "-l", character)
            time.sleep(0.12)

    def scan(self, text):
        """Types text as a scanner does: at once, with Enter behind it."""
        self.tmux("send-keys", "-l", text + "\r")

    def pid(self):
        """The program's process."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True,
                                  check=True).stdout.split()[0])

    def text(self):
        """The screen as text."""
        return self.tmux("capture-pane", "-p")

    def wait_for(self, wanted, timeout=20):
        """Waits until the text is on the screen; answers the screen."""
        end = time.monotonic() + timeout
        while True:
            seen = self.text()
            if wanted in seen:
                return seen
            if time.monotonic() > end:
                raise AssertionError(f"no {wanted!r} within {timeout} s:\n{seen}")
            time.sleep(0.05)

    def wait_gone(self, unwanted, timeout=20):
        """Waits until the text is no longer on the screen."""
        end = time.monotonic() + timeout
        while unwanted in self.text():
            if time.monotonic() > end:
                raise AssertionError(f"{unwanted!r} is still there:\n{self.text()}")
            time.sleep(0.05)

    def picture(self, path):
        """Paints the screen into a grey picture (PGM), as a photograph of it would be."""
        width, height = self.columns * CELL_WIDTH + 80, self.rows * CELL_HEIGHT + 80
        pixels = [bytearray(b"\x10" * width) for _ in range(height)]
        lines = self.tmux("capture-pane", "-p", "-e", "-N").split("\n")
        look = Look()
        for row, line in enumerate(lines[:self.rows]):
            for column, character, ink, paper in look.cells(line):
                paint(pixels, 40 + row * CELL_HEIGHT, 40 + column * CELL_WIDTH, character, ink,
                      paper)
        with open(path, "wb") as file:
            file.write(b"P5 %d %d 255\n" % (width, height) + b"".join(pixels))

    def read_code(self, folder, kind="qrcode"):
        """What a phone reads from the screen; None if it sees no code."""
        path = os.path.join(folder, "screen.pgm")
        self.picture(path)
        done = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", f"-S{kind}.enable", path],
                              capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.rstrip("\n") or None

    def wait_for_code(self, folder, timeout=20):
        """Waits until a phone can read a code."""
        end = time.monotonic() + timeout
        while True:
            code = self.read_code(folder)
            if code is not None:
                return code
            if time.monotonic() > end:
                raise AssertionError(f"no code on the screen:\n{self.text()}")
            time.sleep(0.1)


SGR = re.compile(r"\033\[([0-9;]*)m")
GREY = {16: 0, 231: 255, 46: 180, 220: 200, 160: 80}  # the colours of the till, as grey


class Look:
    """The colours in force, as grey. What tmux captures carries them from line to line."""

    def __init__(self):
        self.reset()

    def reset(self):
        """As a terminal begins."""
        self.ink, self.paper, self.reverse = 200, 16, False

    def set(self, parts):
        """Select Graphic Rendition."""
        while parts:
            part = parts.pop(0)
            if part == 0:
                self.reset()
            elif part in (7, 27):
                self.reverse = part == 7
            elif part == 39:
                self.ink = 200
            elif part == 49:
                self.paper = 16
            elif part in (38, 48) and parts[:1] == [5]:
                value = GREY.get(parts[1], 120)
                if part == 38:
                    self.ink = value
                else:
                    self.paper = value
                del parts[:2]

    def cells(self, line):
        """(column, character, ink, paper) of a captured line."""
        column = at = 0
        while at < len(line):
            code = SGR.match(line, at)
            if code is not None:
                self.set([int(part or 0) for part in code[1].split(";")])
                at = code.end()
            elif line[at] < " ":
                at += 3 if line[at] == "\033" else 1  # character sets, as ESC ( B
            else:
                colors = (self.paper, self.ink) if self.reverse else (self.ink, self.paper)
                yield (column, line[at], *colors)
                column += 2 if WIDE.match(line[at]) else 1
                at += 1


def blocks(character):
    """(columns, rows, bits) of a block element: which parts of the cell have ink."""
    simple = {" ": (1, 1, 0), "█": (1, 1, 1), "▀": (1, 2, 1), "▄": (1, 2, 2), "▌": (2, 1, 1),
              "▐": (2, 1, 2)}
    if character in simple:
        return simple[character]
    if "\U0001FB00" <= character <= "\U0001FB3B":
        bits = ord(character) - 0x1FB00 + 1
        bits += 1 if bits >= 21 else 0
        bits += 1 if bits >= 42 else 0
        return 2, 3, bits
    return 1, 1, 0


def paint(pixels, top, left, character, ink, paper):
    """One cell."""
    across, down, bits = blocks(character)
    for y in range(CELL_HEIGHT):
        for x in range(CELL_WIDTH):
            part = y * down // CELL_HEIGHT * across + x * across // CELL_WIDTH
            pixels[top + y][left + x] = ink if bits >> part & 1 else paper
