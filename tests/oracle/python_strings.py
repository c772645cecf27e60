"""What this Python makes of strings: `int`, `repr`, `strip`, `split`, strict UTF-8. Runs under Python 2.7 and 3.

Reads one string a line from standard input, in hexadecimal. Under Python 3 it is UTF-8 where it decodes. Writes one line of JSON each,
with all text in hexadecimal (of UTF-8 under Python 3, of the bytes themselves under Python 2):

    {"decode": MESSAGE or null, "int": DIGITS or null, "error": MESSAGE or null, "repr": TEXT, "strip": TEXT}

Only "decode" is there where the string does not decode.
"""

import binascii
import json
import sys

THREE = sys.version_info[0] == 3


def hexadecimal(text):
    data = text.encode("utf-8", "surrogatepass") if THREE else text
    return binascii.hexlify(data).decode("ascii")


def answer(data):
    text = data
    if THREE:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            return {"decode": hexadecimal(str(error)), "start": error.start, "end": error.end}
    told = {"repr": hexadecimal(repr(text)), "strip": hexadecimal(text.strip())}
    try:
        # str() of an integer is refused beyond the same number of digits.
        told["int"] = str(int(text))
    except ValueError as error:
        told["error"] = hexadecimal(str(error))
    return told


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(binascii.unhexlify(line.strip()))) + "\n")


if __name__ == "__main__":
    main()
