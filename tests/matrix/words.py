"""What the programs can say, from the tables they are built from: English to Japanese."""
import os
import re

SOURCE = os.environ.get("FZ_SOURCE_DIR") or os.path.join(os.path.dirname(__file__), "..", "..")
TABLES = (("include/feezero/errors.def", "FZ_ERROR"), ("merchant-pos/core/words.def", "FZ_WORD"),
          ("merchant-pos/posix/phrases.def", "FZ_PHRASE"),
          ("merchant-pos/posix/screen_words.def", "FZ_SCREEN_WORD"))


def read_words():
    """{English: Japanese}. The two last texts of a row are Japanese and English."""
    words = {}
    for path, macro in TABLES:
        with open(os.path.join(SOURCE, path), encoding="utf-8") as table:
            for row in re.findall(rf"^{macro}\((.*)\)$", table.read(), re.M):
                japanese, english = re.findall(r'"((?:[^"\\]|\\.)*)"', row)[-2:]
                words[english] = japanese
    return words


WORDS = read_words()
