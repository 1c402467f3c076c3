"""A town for the failure matrix, and what a row of it can do and look at: tills and wallets are the
real programs, behind lines that can fail (line.py); the ledger is looked at in the database.

The programs speak Japanese and English by turns; a test says in English what it wants to read, and
the tables the programs are built from (words.py) translate.
"""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from line import Line  # noqa: E402
from openapi_client import Client, Key, integers_of_der  # noqa: E402
from openapi_town import Town  # noqa: E402
from screen import Screen  # noqa: E402
from words import WORDS  # noqa: E402

KINDS = {"1": "topup", "2": "payment", "3": "void", "4": "refund", "5": "p2p", "6": "payout"}
STATES = {"1": "CREATED", "2": "COMPLETED", "3": "CANCELED", "4": "EXPIRED", "5": "VOIDED"}
SCREEN_READY = ("Key in the amount", "Scan this with your wallet",
                "Enter next sale   p receipt again", "Enter go on")
DONE, REFUSED, LATER = 0, 1, 75  # exit codes


def new_id():
    return str(uuid.uuid4())


def equal(what, wanted, got):
    if wanted != got:
        raise AssertionError(f"{what}: wanted {wanted!r}, got {got!r}")


def until(what, condition, seconds=20):
    """Waits until it is so; its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not so after {seconds} s")
        time.sleep(0.02)


def said_in(language, english):
    return WORDS[english] if language == "ja" else english


class Said:
    """What a program said: exit code, its lines of JSON (or of text), and the notes."""

    def __init__(self, words, language, code, out, err):
        self.words, self.language = words, language
        self.code, self.out, self.err = code, out, err
        self.lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.last = self.lines[-1] if self.lines else {}

    def __getattr__(self, name):
        """A member of the last line: said.state, said.id ..."""
        return self.last.get(name)

    def fail(self, why):
        raise AssertionError(f"{' '.join(self.words)}: {why}\nexit code {self.code}\n{self.out}"
                             f"{self.err}")

    def text_of(self, english):
        return said_in(self.language, english)

    def says(self, english, code=None, state=None):
        """The result in exactly these words, with this exit code and state."""
        if self.last.get("text") != self.text_of(english):
            self.fail(f"wanted the words {self.text_of(english)!r}")
        if code is not None and self.code != code:
            self.fail(f"wanted the exit code {code}")
        if state is not None and self.last.get("state") != state:
            self.fail(f"wanted the state {state!r}")
        return self

    def notes(self, english):
        """A note beside the result."""
        if self.text_of(english) not in self.err:
            self.fail(f"wanted the note {self.text_of(english)!r}")
        return self

    def shows(self, english):
        """Text on the screen, without --json."""
        if self.text_of(english) not in self.out:
            self.fail(f"wanted on the screen {self.text_of(english)!r}")
        return self


class Running:
    """A program that is still at it."""

    def __init__(self, process, words, language, folder):
        self.process, self.words, self.language = process, words, language
        self.out, self.err = os.path.join(folder, "out"), os.path.join(folder, "err")

    def said(self, code=None):
        texts = []
        for path in (self.out, self.err):
            with open(path, encoding="utf-8") as text:
                texts.append(text.read())
        return Said(self.words, self.language, code, *texts)

    def line(self, state):
        """Waits for the first line of JSON in this state."""
        def look():
            if self.process.poll() is not None and not self.said().lines:
                self.said(self.process.returncode).fail("ended")
            return [line for line in self.said().lines if line.get("state") == state]
        return until(f"{self.words[-1]} says {state}", look)[0]

    def answer(self, text):
        """What the person types."""
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self):
        """Waits for its end."""
        return self.said(self.process.wait(timeout=60))

    def stop(self, number=signal.SIGKILL):
        """The power fails, or the person presses Ctrl-C."""
        self.process.send_signal(number)
        return self.end()


class Program:
    """fz-pos or fz-wallet in a folder of its own."""

    turns = 0

    def __init__(self, scene, name, folder):
        self.scene, self.name = scene, name
        self.folder = folder
        self.clock_s = 0  # how far its clock is off

    def prepare(self, words, json_output=True):
        Program.turns += 1
        language = ("ja", "en")[Program.turns % 2]
        options = ["--json"] if json_output else []
        environment = dict(os.environ)
        if self.clock_s:
            self.scene.shift_clock(environment, self.clock_s)
        return ([os.path.join(self.scene.bin, self.name), "--dir", self.folder, "--lang", language,
                 *options, *words], language, environment)

    def run(self, *words, json_output=True):
        command, language, environment = self.prepare(words, json_output)
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120,
                             stdin=subprocess.DEVNULL, env=environment)
        return Said(words, language, ran.returncode, ran.stdout, ran.stderr)

    def start(self, *words, json_output=True):
        command, language, environment = self.prepare(words, json_output)
        self.scene.started += 1
        folder = os.path.join(self.scene.folder, f"run{self.scene.started}")
        os.mkdir(folder)
        with open(os.path.join(folder, "out"), "w", encoding="utf-8") as out, \
                open(os.path.join(folder, "err"), "w", encoding="utf-8") as err:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err,
                                       text=True, env=environment)
        self.scene.processes.append(process)
        return Running(process, words, language, folder)

    def enrol(self, line, code):
        said = self.run("enrol", "--url", line.url, "--ca", self.scene.ca_file, "--code", code)
        equal(f"enrolling {self.name}", DONE, said.code)

    def setting(self, name):
        with open(os.path.join(self.folder, "config.ini"), encoding="utf-8") as config:
            for row in config:
                if row.startswith(name + "="):
                    return row.strip().split("=", 1)[1]
        return None

    @property
    def party(self):
        return self.setting("party")

    def api(self):
        """The API with this program's own key, for what the program itself would never send."""
        key = FileKey(os.path.join(self.folder, "key.pem"))
        client = Client(self.scene.port, self.scene.ca_file, key=key)
        client.key_id = self.setting("key_id")
        return client


class FileKey(Key):
    """The private key in a program's folder."""

    def __init__(self, path):
        self.file = path
        self.spki = subprocess.run(["openssl", "ec", "-in", path, "-pubout", "-outform", "DER"],
                                   check=True, capture_output=True).stdout

    def sign(self, message):
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=message,
                             check=True, capture_output=True).stdout
        return b"".join(number.to_bytes(32, "big") for number in integers_of_der(der))


class Till(Program):
    def sale(self, amount, *words):
        """Opens a sale and does not wait: its line of JSON, with `id` and `qr`."""
        return self.run("sale", str(amount), "--no-wait", *words).says(
            "Waiting for the customer to pay", DONE, "shown")


    @contextlib.contextmanager
    def screen(self):
        """`fz-pos screen`, until the power fails."""
        command, language, environment = self.prepare(["screen"], json_output=False)
        screen = Screen(command, environment, lambda english: said_in(language, english))
        try:
            until("the screen is up", lambda: any(screen.has(words) for words in SCREEN_READY))
            yield screen
        except AssertionError as error:
            raise AssertionError(f"{error}\n{screen}") from error
        finally:
            screen.kill()


class Wallet(Program):
    def pay(self, sale, *words):
        return self.run("pay", "--payload", sale if isinstance(sale, str) else sale.qr, "--yes",
                        *words)

    def start_pay(self, sale, *words):
        return self.start("pay", "--payload", sale.qr, *words)


class Scene(Town):
    """A running town with a shop and lines; people come when they are asked for."""

    def __init__(self, **options):
        super().__init__(**options)
        self.processes = []
        self.started = 0
        self.exits = contextlib.ExitStack()
        self.shops = 0

    def __enter__(self):
        super().__enter__()
        try:
            key = os.path.join(self.folder, "key.pem")
            self.till_line = self.exits.enter_context(Line(self.port, self.ca_file, key))
            self.wallet_line = self.exits.enter_context(Line(self.port, self.ca_file, key))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *reason):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.exits.close()
        super().__exit__(*reason)

    # --- the switch ---------------------------------------------------------------------------

    def shift_clock(self, environment, seconds):
        """For a program whose clock is off by so much."""
        environment["LD_PRELOAD"] = os.path.join(os.environ["FZ_BUILD_DIR"],
                                                 "tests/bin/libfz_test_clock.so")
        environment["FZ_CLOCK_OFFSET_S"] = str(seconds)
        environment["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "") +
                                       ":verify_asan_link_order=0")

    @contextlib.contextmanager
    def shifted_clock(self, seconds):
        """For programs that start meanwhile."""
        kept = dict(os.environ)
        try:
            if seconds:
                self.shift_clock(os.environ, seconds)
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def write_files(self):
        """The certificate is a day old, so that a clock which is behind takes it."""
        with self.shifted_clock(-86400):
            super().write_files()

    def restart(self, clock_s=0):
        """Stops the switch as an operator would, and starts it when its clock has gone on."""
        equal("the switch's exit code", 0, self.stop())
        with self.shifted_clock(clock_s):
            self.start()

    def worker_pids(self):
        """Process ids of the switch's workers."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                  encoding="ascii") as children:
            return [int(pid) for pid in children.read().split()]

    @staticmethod
    def wire_time(at_us):
        """A time of the ledger as the API writes it."""
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_us // 1000000))
        return f"{whole}.{at_us // 1000 % 1000:03d}Z"

    def all_lines(self):
        return self.till_line, self.wallet_line

    # --- people -------------------------------------------------------------------------------

    def new_shop(self):
        """Its public id."""
        self.shops += 1
        return self.fz("shop", "add", "--name", f"食堂さくら{self.shops}", "--name-latin",
                       "SHOKUDO SAKURA", "--city-latin", "HANASAKI", "--postal", "9991234", "--mcc",
                       "5812", "--size", "medium", "--bank", "9990", "--bank-name", "ハナサキ",
                       "--branch", "001", "--branch-name", "ホンテン", "--type", "1",
                       "--account", "1234562", "--holder", "シヨクドウサクラ")["id"]

    def new_till(self, shop=None):
        code = self.fz("terminal", "add", "--shop", shop or self.new_shop(), "--label", "レジ")
        till = Till(self, "fz-pos", os.path.join(self.folder, f"till{new_id()}"))
        till.enrol(self.till_line, code["code"])
        return till

    def new_wallet(self, yen=10000):
        code = self.fz("resident", "add", "--name", "花咲 花子")["code"]
        wallet = Wallet(self, "fz-wallet", os.path.join(self.folder, f"wallet{new_id()}"))
        wallet.enrol(self.wallet_line, code)
        wallet.me = {"party_id": wallet.party}
        if yen > 0:
            self.top_up(wallet, yen)
        return wallet

    def prepare_settlement(self):
        """The consortium's bank account, and whose key signs."""
        self.treasurer_key = os.path.join(self.folder, "treasurer.pem")
        self.fz("bank", "set", "--requester", "0123456789", "--name",
                "ハナサキチヨウ コイン", "--bank", "9990", "--bank-name", "ハナサキ", "--branch",
                "001", "--branch-name", "ホンテン", "--type", "1", "--account", "0000001")

    # --- the ledger ---------------------------------------------------------------------------

    def yen(self, who):
        """What a wallet or a shop (of a till) has."""
        party = who.party
        number = {"R": 10, "M": 11}[party[0]] * 1000000000 + int(party[1:])
        return int(self.sql("SELECT credits_posted - debits_posted FROM fz.account "
                            f"WHERE account = {number}"))

    def state(self, sale):
        """State of a sale, None if the ledger does not know it."""
        state = self.sql(f"SELECT state FROM fz.intent WHERE intent_id = '{sale}'")
        return STATES.get(state)

    def newest(self, yen):
        """Id and code of the newest sale of so many yen: of one that a screen shows."""
        return self.sql(f"SELECT intent_id, qr FROM fz.intent WHERE amount = {yen} "
                        "ORDER BY created_us DESC LIMIT 1").split("|")

    def moved(self, sale):
        """What the ledger booked for a sale, in order: ["payment 1480", "refund 100"]."""
        rows = self.sql(
            "SELECT t.kind || ' ' || t.amount FROM fz.transfer t JOIN fz.operation o "
            f"USING (community_id, op_id) WHERE '{sale}' IN (o.ref::text, o.op_id::text) "
            f"OR o.ref IN (SELECT op_id FROM fz.operation WHERE ref = '{sale}') "
            "ORDER BY t.number").split("\n")
        return [KINDS[row.split()[0]] + " " + row.split()[1] for row in rows if row]

    def is_booked(self, sale, state, *moved):
        """The ledger's state of a sale and all that was booked for it."""
        equal("the ledger's state and transfers", (state, list(moved)),
              (self.state(sale), self.moved(sale)))

    def set_account(self, who, assignment):
        """What the office does: freezes, closes, holds back. There is no program for it yet."""
        party = who.party
        number = {"R": 10, "M": 11}[party[0]] * 1000000000 + int(party[1:])
        self.sql(f"UPDATE fz.account SET {assignment} WHERE account = {number}")

    @contextlib.contextmanager
    def ledger_held(self):
        """Nobody can book meanwhile. (Be quick: a writer waits for FZ_LOCK_TIMEOUT_MS at most.)"""
        holder = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", self.database],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(holder)
        holder.stdin.write("BEGIN; SELECT community_id FROM fz.head FOR UPDATE;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.communicate("ROLLBACK;\n")

    def wait_for_writer(self):
        """Until a booking waits for the ledger that is held."""
        until("a booking that waits for the ledger", lambda: self.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock'") != "0")

    def is_whole(self):
        """Every yen is where the transfers say, and the auditor finds nothing."""
        audit = self.audit()
        if " differences 0" not in audit:
            raise AssertionError(f"the books do not balance:\n{audit}")
