#!/usr/bin/env python3
"""The full-screen till in a real terminal (tmux) against the double: what the clerk sees and hears,
what a phone reads from the screen, what the printer gets; lost answers, kill -9, resizing.
"""
import os
import re
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from screen_case import BIN, Case, DO_NOT, HOME, PAID, switch_double  # noqa: E402
from escpos import Line, Printer, image_of, text_of  # noqa: E402
from wire import crc16, tlv  # noqa: E402


class Selling(Case):
    """A day at the counter."""

    def test_a_sale_from_keypad_to_receipt(self):
        heard = os.path.join(self.folder, "heard")
        player = os.path.join(self.folder, "player")
        with open(player, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\necho "$@" >>{heard}\n')
        os.chmod(player, stat.S_IRWXU)
        self.configure(sound=f"{player} a;b  $HOME `id`")
        self.start()
        self.terminal.wait_for(HOME)
        self.pay(self.sell(1480))
        screen = self.terminal.wait_for(PAID)
        self.assertIn("No. 1", screen)
        sheet = self.sheets(1)[0]
        words = text_of(sheet)
        for part in ("フィーゼロ商店", "領収書", "T7010401234567", "合計", "￥1,480", "（10%対象",
                     "￥134", "T001"):
            self.assertIn(part, words)
        self.assertNotIn("REPRINT", words)
        codes = [item[1] for item in sheet if not isinstance(item, Line) and item[0] == "qr"]
        with open(heard, encoding="ascii") as file:
            self.assertEqual(file.read(), "a;b $HOME `id`\n", "a shell has seen the command")
        # The receipt's code leads back to the sale.
        self.terminal.keys("Enter")
        self.terminal.wait_for(HOME)
        self.terminal.scan(codes[0])
        self.terminal.wait_for("1 取消   2 返金")
        self.assertIn("1,480円", self.terminal.text())

    def test_receipt_again_is_marked(self):
        self.start()
        self.terminal.wait_for(HOME)
        self.pay(self.sell(500))
        self.terminal.wait_for(PAID)
        self.terminal.type("p")
        self.assertIn("REPRINT", text_of(self.sheets(2)[1]))
        # By the command, without the switch: what the configuration says, and 8 % for the food.
        self.configure(registration_number="T1234567890123")
        intent = next(iter(self.double.intents))
        with self.double.lock:
            self.double.faults += [("GET receipts", "drop")] * 9
        printed = os.path.join(self.folder, "receipt.bin")
        self.run_program("fz-pos", "till", "--patience", "1", "receipt", intent, "--escpos",
                         printed, "--reduced", "108")
        with open(printed, "rb") as file:
            words = text_of(Printer().run(file.read())[0])
        for part in ("REPRINT", "T1234567890123", "（8%対象※", "￥108", "￥8", "￥392", "￥35",
                     "軽減税率"):
            self.assertIn(part, words)

    def test_escape_cancels_and_nobody_can_pay(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(700)
        self.terminal.keys("Escape")
        self.terminal.wait_for("会計を取り消しました")
        self.assertIsNone(self.terminal.read_code(self.folder), "the code is still on the screen")
        refused = self.wallet("pay", "--yes", code, expect=1)
        self.assertEqual(refused["code"], "intent-canceled")

    def test_an_expired_code_is_replaced(self):
        self.start()
        self.terminal.wait_for(HOME)
        first = self.sell(700)
        with self.double.lock:
            for intent in self.double.intents.values():
                intent["_expires"] = time.time() - 1
        self.terminal.wait_for("新しいコード", timeout=30)
        second = self.terminal.wait_for_code(self.folder)
        self.assertNotEqual(first, second)
        self.pay(second)
        self.terminal.wait_for(PAID)

    def test_refund_void_and_reports(self):
        self.start()
        self.terminal.wait_for(HOME)
        for amount in (1000, 300):
            self.pay(self.sell(amount))
            self.terminal.wait_for(PAID)
            self.terminal.keys("Enter")
            self.terminal.wait_for(HOME)
        self.terminal.type("/")
        self.terminal.wait_for("会計の一覧")
        self.terminal.type("2")  # down: the older one
        self.terminal.keys("Enter")
        self.terminal.wait_for("1,000円")
        self.terminal.type("2")
        self.terminal.type("1200")
        self.terminal.keys("Enter")
        self.terminal.wait_for("返金できる残額")
        for _ in range(4):
            self.terminal.keys("BSpace")
        self.terminal.type("250")
        self.terminal.keys("Enter")
        self.terminal.wait_for("返金しました")
        self.terminal.keys("Enter")
        self.terminal.wait_for(HOME)
        self.terminal.type("/")
        self.terminal.wait_for("返金250円")
        self.terminal.keys("Enter")
        self.terminal.type("1")
        self.terminal.wait_for("この会計を取り消しますか")
        self.terminal.keys("Enter")
        self.terminal.wait_for("支払いを取り消しました")
        self.assertIn("取消票", text_of(self.sheets(4)[3]))
        self.terminal.keys("Enter")
        self.terminal.type("-")
        screen = self.terminal.wait_for("点検（Xレポート）")
        self.assertRegex(screen, "売上 2件 +￥1,300")
        self.assertRegex(screen, "差引 +￥750")
        self.assertIn("一致しています", screen)
        self.terminal.keys("Escape")
        self.terminal.wait_for(HOME)
        self.terminal.type("+")
        self.terminal.wait_for("営業日を締めますか")
        self.terminal.keys("Enter")
        self.terminal.wait_for("精算（Zレポート）No.1")
        self.assertIn("精算（Zレポート）No.1", text_of(self.sheets(5)[4]))

    def test_the_terminal_is_given_back(self):
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.type("q")
        self.terminal.wait_for("終了しますか")
        self.terminal.keys("Enter")
        self.terminal.wait_for("ended with 0")
        screen = self.terminal.wait_for("extproc")  # the last word of stty
        self.assertRegex(screen, r"(?<!-)icanon")
        self.assertRegex(screen, r"(?<!-)echo ")


class Codes(Case):
    """The customer shows the code."""

    def code(self, *options):
        """A one-time code of the wallet, as the shop's scanner could see it."""
        return self.wallet("code", "--no-wait", *options)

    def test_scanned_digits(self):
        code = self.code()
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.type("980")
        self.terminal.scan(code["customer_code"])
        self.terminal.wait_for(PAID)
        self.assertIn("￥980", text_of(self.sheets(1)[0]))

    def test_scanned_qr_while_our_own_code_is_shown(self):
        code = self.code()
        self.start()
        self.terminal.wait_for(HOME)
        ours = self.sell(450)
        self.terminal.scan(code["qr"])
        self.terminal.wait_for(PAID)
        self.assertEqual(self.wallet("pay", "--yes", ours, expect=1)["code"], "intent-canceled")

    def test_keyed_in_by_hand(self):
        digits = self.code()["customer_code"]
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.type("120*")
        self.terminal.wait_for("20桁")
        wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
        self.terminal.type(wrong)
        self.terminal.keys("Enter")
        self.terminal.wait_for("もう一度お願いします")
        self.terminal.keys("BSpace")
        self.terminal.type(digits[-1])
        self.terminal.keys("Enter")
        self.terminal.wait_for(PAID)

    def test_codes_of_others_and_no_amount(self):
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.scan("29123456789012345678")
        self.terminal.wait_for("先に金額を入力してください")
        self.terminal.type("100")
        self.terminal.scan("hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=")
        self.terminal.wait_for("ほかの決済サービスのコードです")
        self.assertNotIn("PUT intents", self.double.log)

    def test_more_than_she_allowed_is_asked(self):
        code = self.code("--max", "500")
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.type("900")
        self.terminal.scan(code["customer_code"])
        self.terminal.wait_for("お客様のスマートフォンで確認中")
        self.assertEqual(self.wallet("code", "--id", code["id"], "--yes")["state"], "paid")
        self.terminal.wait_for(PAID)

    def test_the_same_again_is_asked_about(self):
        self.double.duplicate_window = 60
        self.start()
        self.terminal.wait_for(HOME)
        for _ in range(2):
            self.terminal.type("250")
            self.terminal.scan(self.code()["customer_code"])
            self.terminal.wait_for(PAID)
            self.terminal.keys("Enter")
            self.terminal.wait_for(HOME)
            self.double.duplicate_window = 0
        self.double.duplicate_window = 60
        self.terminal.type("250")
        self.terminal.scan(self.code()["customer_code"])
        self.terminal.wait_for("もう一度支払いますか")
        self.terminal.type("1")
        self.terminal.wait_for(PAID)
        self.assertEqual(len(self.double.history), 3)

    def test_she_says_no(self):
        code = self.code("--max", "500")
        self.start()
        self.terminal.wait_for(HOME)
        self.terminal.type("900")
        self.terminal.scan(code["customer_code"])
        self.terminal.wait_for("お客様のスマートフォンで確認中")
        self.wallet("code", "--id", code["id"], stdin="n\n", expect=1)
        self.terminal.wait_for("お客様が支払いを断りました")


class Doubt(Case):
    """Lost answers, lost connections, lost power."""

    def test_a_lost_answer_says_not_to_charge_again(self):
        self.start()
        self.terminal.wait_for(HOME)
        self.double.faults.append(("PUT intents", "lose"))
        self.double.faults.append(("GET operations", "busy"))
        self.terminal.type("640")
        self.terminal.keys("Enter")
        self.terminal.wait_for(DO_NOT)
        self.pay(self.terminal.wait_for_code(self.folder))
        self.terminal.wait_for(PAID)
        self.assertEqual(len(self.double.history), 1)

    def test_the_line_is_cut_while_the_code_is_shown(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(640)
        self.double.faults.append(("GET intents/events", "vanish"))
        self.terminal.wait_for(DO_NOT, timeout=30)
        self.assertIn("通信できません", self.terminal.text())
        self.double.listen()
        self.assertEqual(self.terminal.wait_for_code(self.folder), code)
        self.pay(code)
        self.terminal.wait_for(PAID, timeout=30)

    def test_left_in_doubt_and_paid_is_told_later(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(640)
        self.double.vanish()
        with self.double.lock:
            self.double.faults.append(("GET intents/events", "drop"))
        self.terminal.wait_for(DO_NOT, timeout=30)
        self.terminal.keys("Escape")
        self.terminal.wait_for(HOME)
        self.assertIn("未確定 1", self.terminal.text())
        self.double.listen()
        self.pay(code)
        self.terminal.wait_for(PAID, timeout=60)
        self.assertIn("REPRINT", text_of(self.sheets(1)[0]))
        self.assertEqual(len(self.double.history), 1)

    def test_paid_before_the_cancel_keep_or_void(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(640)
        self.double.faults += [("POST intents/cancel", "drop")] * 3
        self.terminal.keys("Escape")
        self.terminal.wait_for(DO_NOT)
        self.pay(code)
        self.terminal.wait_for("そのままにしますか、取り消しますか", timeout=30)
        self.terminal.type("1")
        self.terminal.wait_for("支払いを取り消しました")
        self.assertEqual([entry["kind"] for entry in self.double.history], ["payment", "void"])

    def test_offline_is_seen_and_ends(self):
        self.start()
        self.terminal.wait_for("接続中")
        self.double.vanish()
        with self.double.lock:
            self.double.faults.append(("GET events", "drop"))
        self.terminal.wait_for("通信できません", timeout=40)
        self.double.listen()
        self.terminal.wait_for("接続中", timeout=40)

    def test_power_cut_while_the_code_is_shown(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(810)
        self.kill()
        self.start()
        self.assertEqual(self.terminal.wait_for_code(self.folder), code)
        self.pay(code)
        self.terminal.wait_for(PAID)
        self.assertEqual(len(self.double.history), 1)

    def test_power_cut_and_paid_meanwhile_prints_a_marked_receipt(self):
        self.start()
        self.terminal.wait_for(HOME)
        code = self.sell(810)
        self.kill()
        self.pay(code)
        self.start()
        self.terminal.wait_for(PAID)
        self.assertIn("REPRINT", text_of(self.sheets(1)[0]))

    def test_a_void_whose_answer_is_lost_is_made_once(self):
        self.start()
        self.terminal.wait_for(HOME)
        self.pay(self.sell(810))
        self.terminal.wait_for(PAID)
        self.terminal.type("/")
        self.terminal.wait_for("会計の一覧")
        self.double.faults.append(("PUT voids", "lose"))
        self.terminal.keys("Enter")
        self.terminal.type("1")
        self.terminal.keys("Enter")
        self.terminal.wait_for("支払いを取り消しました", timeout=30)
        self.assertEqual([entry["kind"] for entry in self.double.history], ["payment", "void"])


class Sticker(Case):
    """Paid without the till's doing."""

    def test_money_at_the_sticker_is_told_at_once(self):
        png = os.path.join(self.folder, "sticker.png")
        printed = os.path.join(self.folder, "sticker.bin")
        made = self.run_program("fz-pos", "till", "sticker", "--png", png, "--escpos", printed)[0]
        read = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", png],
                              capture_output=True, text=True, check=True).stdout.rstrip("\n")
        self.assertEqual(read, made["qr"])
        with open(printed, "rb") as file:
            sheet = Printer().run(file.read())[0]
        grey = os.path.join(self.folder, "sticker.pgm")
        with open(grey, "wb") as file:
            file.write(image_of(sheet))
        read = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", grey],
                              capture_output=True, text=True, check=True).stdout.rstrip("\n")
        self.assertEqual(read, made["qr"])
        self.start()
        self.terminal.wait_for(HOME)
        self.wait_until(lambda: self.double.log.count("GET events") > 0)
        time.sleep(0.5)  # the first asks where the shop stands; the next waits
        self.assertEqual(self.wallet("pay", made["qr"], "560", "--yes")["state"], "paid")
        screen = self.terminal.wait_for("掲示コードで支払われました", timeout=10)
        self.assertIn("No. 1", screen)
        # It stands in the list like any other sale, and is given back from there.
        self.terminal.type("/")
        self.terminal.wait_for("560円")
        self.terminal.keys("Enter")
        self.terminal.type("2")
        self.terminal.type("60")
        self.terminal.keys("Enter")
        self.terminal.wait_for("返金しました")
        self.assertEqual([entry["amount"] for entry in self.double.history], [560, 60])
        # A zero too many is asked about, and not paid unless it is meant.
        self.double.usual_max = 800
        refused = subprocess.run([os.path.join(BIN, "fz-wallet"), "--dir",
                                  os.path.join(self.folder, "wallet"), "--lang", "ja", "pay",
                                  made["qr"], "5600"], input="n\n", capture_output=True,
                                 text=True, timeout=60, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("800円 / 5,600円", refused.stderr)
        self.assertEqual(len(self.double.history), 2)


class English(Case):
    """A larger terminal, the other language, a window that is dragged."""

    columns, rows, language = 130, 50, "en"

    def test_a_long_code_on_a_small_screen(self):
        usual = switch_double.payment_code

        def longer(*arguments, **options):
            """The same code with the longest name a shop may have."""
            text = usual(*arguments, **options)
            text = text[:text.index("6417")] + tlv("64", tlv("00", "JA") + tlv("01", "長" * 25))
            return f"{text}6304{crc16((text + '6304').encode()):04X}"

        switch_double.payment_code = longer
        self.addCleanup(setattr, switch_double, "payment_code", usual)
        self.terminal.columns, self.terminal.rows = 80, 24
        self.start()
        self.terminal.wait_for("Key in the amount")
        self.pay(self.sell(9876))
        self.terminal.wait_for("Enter next sale")

    def test_the_code_follows_the_window(self):
        self.start()
        self.terminal.wait_for("Key in the amount")
        code = self.sell(1980)
        seen = self.terminal.text()
        self.assertNotRegex(seen, "[\U0001FB00-\U0001FB3B]", "small dots on a large terminal")
        self.assertIn("Scan this with your wallet", seen)
        for columns, rows in ((80, 24), (200, 75), (70, 45)):
            self.terminal.resize(columns, rows)
            time.sleep(0.5)
            self.assertEqual(self.terminal.wait_for_code(self.folder), code, f"{columns}x{rows}")
        self.terminal.resize(60, 15)
        self.terminal.wait_for("too small")
        self.terminal.resize(130, 50)
        self.pay(self.terminal.wait_for_code(self.folder))
        self.terminal.wait_for("Enter next sale")
        self.assertIsNone(re.search("[ぁ-んァ-ヶ]", self.terminal.text().replace("フィーゼロ商店", "")),
                          "Japanese on the English screen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
