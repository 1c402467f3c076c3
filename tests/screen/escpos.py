"""A printer of paper made of Python: reads ESC/POS bytes command by command, knows the commands a
till may use and no others, and answers what would stand on the paper.

    escpos.py FILE            the paper as text
    escpos.py FILE PICTURE    the paper as a PNG, as a printer would set it (needs python3-pil)
"""
import struct
import sys


class Wrong(Exception):
    """Bytes no printer should get."""


class Line:
    """One line of text and how it is set."""

    def __init__(self, text, style):
        self.text = text
        self.style = dict(style)
        self.columns = sum(width_of(c) for c in text) * (2 if style["size"] else 1)

    def __repr__(self):
        return f"{self.text!r}"


def width_of(character):
    """Columns of a character in a Japanese printer's fonts."""
    return 1 if ord(character) < 0x80 or 0xFF61 <= ord(character) <= 0xFF9F else 2


class Printer:
    """The state of a printer, and the sheets that came out of it."""

    START = {"align": 0, "bold": 0, "size": 0, "kanji_size": 0, "inverse": 0}

    def __init__(self, columns=32):
        self.columns = columns
        self.sheets = []  # each a list of Line, ("qr", text, dots) and ("image", width, rows)
        self.reset()

    def reset(self):
        """ESC @"""
        self.style = dict(self.START)
        self.is_kanji = self.is_sjis = False
        self.charset = self.page = 0
        self.line = b""
        self.sheet = []
        self.qr = {}

    # --- commands ---
    def run(self, data):
        """Reads all of it; the last sheet must have been cut."""
        at = 0
        while at < len(data):
            at = self.step(data, at)
        if self.line or self.sheet:
            raise Wrong("the last sheet was not cut")
        return self.sheets

    def step(self, data, at):
        """One command or character; answers where the next begins."""
        byte = data[at]
        if byte == 0x0A:
            self.end_line()
            return at + 1
        if byte not in (0x1B, 0x1C, 0x1D):
            return self.character(data, at)
        name = data[at:at + 2]
        if name == b"\x1b@":
            self.reset()
            return at + 2
        if name == b"\x1c&":
            self.is_kanji = True
            return at + 2
        if name == b"\x1d(":
            return self.parentheses(data, at)
        if name == b"\x1dv":
            return self.image(data, at)
        if name == b"\x1dV":
            return self.cut(data, at)
        return self.simple(name, data[at + 2], at)

    SIMPLE = {  # command: (what it sets, the values it may have)
        b"\x1bR": ("charset", (8,)), b"\x1bt": ("page", (1,)), b"\x1cC": ("sjis", (0, 1)),
        b"\x1ba": ("align", (0, 1, 2)), b"\x1bE": ("bold", (0, 1)), b"\x1d!": ("size", (0, 0x11)),
        b"\x1cW": ("kanji_size", (0, 1)), b"\x1dB": ("inverse", (0, 1)),
        b"\x1bd": ("feed", range(0, 11))}

    def simple(self, name, value, at):
        """Commands with one parameter."""
        if name not in self.SIMPLE or value not in self.SIMPLE[name][1]:
            raise Wrong(f"at {at}: {name!r} {value:#x}")
        what = self.SIMPLE[name][0]
        if what == "feed":
            self.sheet.extend(Line("", self.style) for _ in range(value))
        elif what == "sjis":
            self.is_sjis = value == 1
        elif what in ("charset", "page"):
            setattr(self, what, value)
        elif what == "align" and self.line:
            raise Wrong(f"at {at}: aligned in the middle of a line")
        else:
            self.style[what] = value
        return at + 3

    def character(self, data, at):
        """A character of text, one byte or two."""
        byte = data[at]
        if byte < 0x20 or byte == 0x7F:
            raise Wrong(f"at {at}: control {byte:#x}")
        two = 0x81 <= byte <= 0x9F or 0xE0 <= byte <= 0xFC
        if two and not (self.is_kanji and self.is_sjis):
            raise Wrong(f"at {at}: kanji before the printer was told")
        if two and self.style["size"] != 0x11 * self.style["kanji_size"]:
            raise Wrong(f"at {at}: kanji of another size than the rest")
        self.line += data[at:at + (2 if two else 1)]
        return at + (2 if two else 1)

    def end_line(self):
        """What stands in the line is printed."""
        line = Line(self.line.decode("cp932"), self.style)
        if line.columns > self.columns:
            raise Wrong(f"{line.columns} columns in a line: {line.text}")
        self.sheet.append(line)
        self.line = b""

    def parentheses(self, data, at):
        """GS ( k: QR symbols."""
        kind, size = data[at + 2:at + 3], struct.unpack_from("<H", data, at + 3)[0]
        body = data[at + 5:at + 5 + size]
        if kind != b"k" or len(body) != size or body[:1] != b"1" or self.line:
            raise Wrong(f"at {at}: GS ( {kind!r} {body!r}")
        function, rest = body[1], body[2:]
        if function == 65 and rest == b"2\x00":
            self.qr["model"] = 2
        elif function == 67 and len(rest) == 1 and 1 <= rest[0] <= 16:
            self.qr["dots"] = rest[0]
        elif function == 69 and rest in (b"0", b"1", b"2", b"3"):
            self.qr["level"] = "LMQH"[int(rest)]
        elif function == 80 and rest[:1] == b"0" and 1 < len(rest) <= 7090:
            self.qr["data"] = rest[1:].decode("ascii")
        elif function == 81 and rest == b"0" and set(self.qr) == {"model", "dots", "level", "data"}:
            self.sheet.append(("qr", self.qr["data"], self.qr["dots"]))
        else:
            raise Wrong(f"at {at}: QR function {function} {rest!r} after {self.qr}")
        return at + 5 + size

    def image(self, data, at):
        """GS v 0: a bit image."""
        head = data[at + 2:at + 8]
        if len(head) != 6 or head[:2] != b"0\x00" or self.line:
            raise Wrong(f"at {at}: GS v {head!r}")
        width, height = struct.unpack("<HH", head[2:])
        rows = data[at + 8:at + 8 + width * height]
        if len(rows) != width * height or width * 8 > self.columns * 12:
            raise Wrong(f"at {at}: an image of {width} bytes by {height}")
        self.sheet.append(("image", width, rows))
        return at + 8 + width * height

    def cut(self, data, at):
        """GS V B n: feed and cut; everything must be as at the start."""
        if data[at + 2:at + 4] != b"B\x00" or self.line:
            raise Wrong(f"at {at}: GS V {data[at + 2:at + 4]!r}")
        if self.style != self.START or (self.charset, self.page) != (8, 1):
            raise Wrong(f"at {at}: cut in the style {self.style}")
        self.sheets.append(self.sheet)
        self.sheet = []
        return at + 4


def text_of(sheet):
    """The words on a sheet, for tests and people."""
    return "\n".join(item.text if isinstance(item, Line) else f"[{item[0]}]" for item in sheet)


def image_of(sheet):
    """The bit image of a sheet as a grey picture (PGM) with white around it."""
    width, rows = next((item[1], item[2]) for item in sheet
                       if not isinstance(item, Line) and item[0] == "image")
    height = len(rows) // width
    side = width * 8 + 40
    pixels = [b"\xff" * side] * 20
    for y in range(height):
        row = rows[y * width:(y + 1) * width]
        dots = bytes(0 if byte >> (7 - bit) & 1 else 255 for byte in row for bit in range(8))
        pixels.append(b"\xff" * 20 + dots + b"\xff" * 20)
    pixels += [b"\xff" * side] * 20
    return b"P5 %d %d 255\n" % (side, len(pixels)) + b"".join(pixels)


# --- the picture, for people ----------------------------------------------------------------------
FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",  # Latin, then kanji
         "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")


def paint(sheets, columns, path):
    """Sets the sheets in dots: 12 by 24 for a column, 24 by 24 for a kanji."""
    from PIL import Image, ImageDraw, ImageFont  # pylint: disable=import-outside-toplevel
    fonts = {(scale, wide): ImageFont.truetype(FONTS[wide - 1], (18, 22)[wide - 1] * scale)
             for scale in (1, 2) for wide in (1, 2)}
    width = columns * 12
    picture = Image.new("L", (width + 40, 6000), 255)
    draw = ImageDraw.Draw(picture)
    y = 20
    for item in (item for sheet in sheets for item in sheet):
        if not isinstance(item, Line) and item[0] == "image":
            bits = Image.frombytes("1", (item[1] * 8, len(item[2]) // item[1]), item[2])
            left = 20 + (width - bits.width) // 2
            picture.paste(bits.point(lambda bit: 0 if bit else 255), (left, y))
            y += bits.height + 6
        elif not isinstance(item, Line):
            draw.rectangle((width // 2 - 60, y, width // 2 + 100, y + 160), outline=0)
            draw.text((width // 2 - 40, y + 60), "QR (printer)", font=fonts[1, 1], fill=0)
            y += 170
        else:
            scale = 2 if item.style["size"] else 1
            x = 20 + (width - item.columns * 12) // 2 * (item.style["align"] == 1)
            for character in item.text:
                step = width_of(character) * 12 * scale
                if item.style["inverse"]:
                    draw.rectangle((x, y, x + step, y + 26 * scale), fill=0)
                draw.text((x, y), character, font=fonts[scale, width_of(character)],
                          fill=255 * item.style["inverse"],
                          stroke_width=item.style["bold"] * scale // 2)
                x += step
            y += 28 * scale
    picture.crop((0, 0, width + 40, y + 20)).save(path)


def main():
    """As a program."""
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    printer = Printer(int(sys.argv[3]) if len(sys.argv) > 3 else 32)
    sheets = printer.run(data)
    if len(sys.argv) > 2:
        paint(sheets, printer.columns, sys.argv[2])
    else:
        print("\n---- cut ----\n".join(text_of(sheet) for sheet in sheets))


if __name__ == "__main__":
    main()
