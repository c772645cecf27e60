"""Writes src/python/tables.rs from the Unicode data of the Python that runs this program."""
import sys, unicodedata

def printable():
    edges, state = [], False
    for c in range(0x110000):
        now = chr(c).isprintable()
        if now != state:
            edges.append(c)
            state = now
    return edges

digits = [c for c in range(0x110000) if unicodedata.decimal(chr(c), None) == 0]
out = []
out.append("//! Unicode %s as Python 3.11 knows it. Made by `tests/oracle/unicode_tables.py`; do not edit." % unicodedata.unidata_version)
out.append("")
out.append("/// Where `str.isprintable()` of a single character changes: false before the first, true from the first to the second, ...")
out.append("pub(super) const PRINTABLE_EDGES: &[u32] = &[")
e = printable()
for i in range(0, len(e), 12):
    out.append("    " + ", ".join("0x%x" % c for c in e[i:i + 12]) + ",")
out.append("];")
out.append("")
out.append("/// The zero of every run of ten decimal digits (category Nd) that `int()` takes.")
out.append("pub(super) const DIGIT_ZEROS: &[u32] = &[")
for i in range(0, len(digits), 12):
    out.append("    " + ", ".join("0x%x" % c for c in digits[i:i + 12]) + ",")
out.append("];")
print("\n".join(out))
