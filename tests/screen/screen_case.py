"""What the tests of the full-screen till share: a till on a terminal with a printer (a file), and a
wallet, against the double. FZ_BIN_DIR holds the programs.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "pos")]
import double as switch_double  # noqa: E402
from escpos import Printer  # noqa: E402
from terminal import Terminal  # noqa: E402

BIN = os.environ["FZ_BIN_DIR"]
PAID = "お支払い済み"
DO_NOT = "もう一度請求しないでください"
HOME = "金額を入力してください"


class Case(unittest.TestCase):
    """A till on a terminal with a printer (a file), and a wallet."""

    columns, rows, language = 80, 24, "ja"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fz-screen-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.double = switch_double.Double(self.folder)
        self.addCleanup(self.double.__exit__)
        self.enrol("fz-pos", "till", "7-TJTJ-TJTJ-TJTJ-TJT1")
        self.enrol("fz-wallet", "wallet", "7-RRRR-RRRR-RRRR-RRR1")
        self.paper = os.path.join(self.folder, "paper")
        self.configure(printer=self.paper)
        self.terminal = Terminal(self.folder, self.columns, self.rows)
        self.addCleanup(self.terminal.stop)

    def enrol(self, program, name, code):
        """A folder for a program."""
        self.run_program(program, name, "enrol", "--url", self.double.url, "--ca", self.double.ca,
                         "--code", code)

    def run_program(self, program, name, *arguments, expect=0, stdin=""):
        """Runs a command to its end; answers its lines of JSON."""
        done = subprocess.run([os.path.join(BIN, program), "--dir",
                               os.path.join(self.folder, name), "--json", *arguments],
                              input=stdin, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, expect, f"{arguments}: {done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wallet(self, *arguments, **options):
        """One command of the wallet; answers the last line."""
        return self.run_program("fz-wallet", "wallet", *arguments, **options)[-1]

    def configure(self, **settings):
        """Changes the till's settings."""
        path = os.path.join(self.folder, "till", "config.ini")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, value in settings.items():
            text = re.sub(f"(?m)^{name}=.*$", lambda _, n=name, v=value: f"{n}={v}", text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        """Starts the till, and waits until it asks for an amount (or shows what was open)."""
        self.terminal.start([os.path.join(BIN, "fz-pos"), "--dir",
                             os.path.join(self.folder, "till"), "--lang", self.language, "screen"])

    def sell(self, amount):
        """Keys a sale in; answers what a phone reads from the screen."""
        self.terminal.type(str(amount))
        self.terminal.keys("Enter")
        return self.terminal.wait_for_code(self.folder)

    def pay(self, code):
        """Pays with the wallet."""
        self.assertEqual(self.wallet("pay", "--yes", code)["state"], "paid")

    def sheets(self, count):
        """The sheets the printer has cut, once there are so many."""
        end = time.monotonic() + 10
        while True:
            data = b""
            if os.path.exists(self.paper):
                with open(self.paper, "rb") as file:
                    data = file.read()
            if data.count(b"\x1dVB\x00") >= count:
                return Printer().run(data)
            self.assertLess(time.monotonic(), end, f"{data.count(b'VB')} sheets, not {count}")
            time.sleep(0.05)

    def wait_until(self, holds, timeout=20):
        """Waits until something is true."""
        end = time.monotonic() + timeout
        while not holds():
            self.assertLess(time.monotonic(), end, "it never became true")
            time.sleep(0.05)

    def kill(self):
        """Power off; the terminal with it."""
        os.kill(self.terminal.pid(), signal.SIGKILL)
        self.terminal.wait_for("ended with 137")
        self.terminal.stop()
