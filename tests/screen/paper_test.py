#!/usr/bin/env python3
"""What the till prints, whatever the shop's name and the paper's width are; and the heap of a till
that stays on.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from screen_case import BIN, Case, HOME, PAID  # noqa: E402
from escpos import Line, Printer, text_of  # noqa: E402


class Paper(Case):
    """What no shop's name may do to a printer."""

    def sticker(self, **settings):
        """The sticker's sheet."""
        self.configure(**settings)
        printed = os.path.join(self.folder, "sticker.bin")
        self.run_program("fz-pos", "till", "sticker", "--escpos", printed)
        with open(printed, "rb") as file:
            return Printer(int(settings.get("printer_columns", "32"))).run(file.read())[0]

    def test_names_are_text_and_never_commands(self):
        shown = self.run_program("fz-pos", "till", "sale", "300", "--no-wait")[0]
        self.pay(shown["qr"])
        self.run_program("fz-pos", "till", "wait", shown["id"])
        self.configure(name="\x1bp0店\x1dV😀〜\x9b", registration_number="")
        printed = os.path.join(self.folder, "receipt.bin")
        self.run_program("fz-pos", "till", "receipt", shown["id"], "--escpos", printed)
        with open(printed, "rb") as file:
            self.assertIn("p0店V〓～\n", text_of(Printer().run(file.read())[0]))

    def test_long_names_are_broken_and_wide_paper_is_used(self):
        for columns, name in (("32", "長い名前の店" * 4), ("48", "A" * 60), ("24", "㈱①②③" * 4)):
            sheet = self.sticker(name=name, printer_columns=columns)
            lines = [item.text for item in sheet if isinstance(item, Line) and item.style["size"]]
            self.assertEqual("".join(lines), name)
            self.assertGreater(len(lines), 1)

    def test_a_sale_by_code_prints_and_the_day_is_reported(self):
        code = self.wallet("code", "--no-wait", "--max", "2000")
        self.assertEqual(code["max_amount"], 2000)
        printed = os.path.join(self.folder, "sheet.bin")
        paid = self.run_program("fz-pos", "till", "sale", "1080", "--code", code["qr"], "--escpos",
                                printed, "--reduced", "1080")[-1]
        self.assertEqual(paid["state"], "paid")
        with open(printed, "rb") as file:
            words = text_of(Printer().run(file.read())[0])
        for part in ("（8%対象※", "￥80", "T7010401234567"):
            self.assertIn(part, words)
        self.assertNotIn("10%", words)
        again = self.run_program("fz-pos", "till", "sale", "1080", "--code",
                                 code["customer_code"], expect=1)[-1]
        self.assertEqual(again["code"], "code-used")
        self.run_program("fz-pos", "till", "sale", "1080", "--code", "29123456789012345679",
                         expect=2)
        report = self.run_program("fz-pos", "till", "x")[-1]
        self.assertTrue(report["ok"])
        self.assertEqual((report["z_number"], report["till"]["sales"]), (0, 1080))
        report = self.run_program("fz-pos", "till", "z", "--escpos", printed)[-1]
        self.assertEqual(report["z_number"], 1)
        report = self.run_program("fz-pos", "till", "z", "--reprint", "1", "--escpos", printed)[-1]
        self.assertEqual((report["z_number"], report["till"]["sales"]), (1, 1080))
        with open(printed, "rb") as file:
            self.assertIn("REPRINT", text_of(Printer().run(file.read())[0]))
        self.assertEqual(self.run_program("fz-pos", "till", "x")[-1]["till"]["sales"], 0)

    def test_settings_that_are_none(self):
        for name, value in (("tax_rate", "9"), ("printer_columns", "10"), ("printer_columns", "x")):
            self.configure(**{name: value})
            said = self.run_program("fz-pos", "till", "sticker", expect=78)[0]
            self.assertIn(name, said["detail"])
            self.configure(tax_rate="10", printer_columns="32")


@unittest.skipUnless("FZ_HEAP_METER" in os.environ, "a sanitizer brings a heap of its own")
class Heap(Case):
    """A till that stays on all day has a small heap."""

    columns, rows = 130, 50

    def test_three_sales_and_a_report(self):
        report = os.path.join(self.folder, "heap")
        self.configure(display_png=os.path.join(self.folder, "display.png"))
        self.terminal.start(["env", "LD_PRELOAD=" + os.environ["FZ_HEAP_METER"],
                             "FZ_HEAP_FILE=" + report, os.path.join(BIN, "fz-pos"), "--dir",
                             os.path.join(self.folder, "till"), "--lang", "ja", "screen"])
        self.terminal.wait_for(HOME)
        for _ in range(3):
            self.pay(self.sell(140))
            self.terminal.wait_for(PAID)
            self.terminal.keys("Enter")
            self.terminal.wait_for(HOME)
        self.terminal.type("-")
        self.terminal.wait_for("点検（Xレポート）")
        self.terminal.keys("Escape")
        self.terminal.wait_for(HOME)
        self.terminal.type("q")
        self.terminal.keys("Enter")
        self.terminal.wait_for("ended with 0")
        with open(report, encoding="utf-8") as file:
            peak = int(file.readline().split()[1])
        print(f"peak {peak} bytes without TLS")
        self.assertLessEqual(peak, 256 * 1024)


if __name__ == "__main__":
    unittest.main(verbosity=2)
