"""Fills an empty reiserfs that mkreiserfs made, which no tool does without mounting it.

Arguments: the image, and a JSON file with {"tree": {NAME: NODE, ...}, "items": ITEMS}. A NODE is {"file": SIZE, "seed": N,
"holes": [[from block, to block], ...], "tail": BOOL}, {"link": TARGET}, {"dir": {NAME: NODE}} or {"mode": MODE}; "old": true
gives it stat data of version 3.5. ITEMS limits how many items a leaf has. Only what a reader of the tree looks at is written:
the bitmaps stay as they are. File contents are those of `content(size, seed)`.
"""

import json
import struct
import sys

SUPERBLOCK = 65536
DIRECT, INDIRECT, DIRENTRY, STAT = 2, 1, 3, 0
UNIQUENESS = {STAT: 0, INDIRECT: 0xFFFFFFFE, DIRECT: 0xFFFFFFFF, DIRENTRY: 500}


def content(size, seed):
    out = bytearray()
    state = seed * 2654435761 + 1 & 0xFFFFFFFF
    while len(out) < size:
        state = state * 1664525 + 1013904223 & 0xFFFFFFFF
        out += struct.pack("<I", state)
    return bytes(out[:size])


class Filler:
    def __init__(self, image, items):
        self.image = image
        self.most = items
        self.size = struct.unpack_from("<H", image, SUPERBLOCK + 44)[0]
        self.next = struct.unpack_from("<I", image, SUPERBLOCK + 8)[0] + 1
        self.object = 3
        self.items = []

    def block(self, data):
        number, self.next = self.next, self.next + 1
        if len(self.image) < self.next * self.size:
            self.image.extend(bytes(self.next * self.size - len(self.image)))
        self.image[number * self.size : number * self.size + len(data)] = data
        return number

    def item(self, key, kind, offset, body, old=False, count=0xFFFF):
        version = 0 if old or kind == DIRENTRY else 1
        self.items.append((key[0], key[1], offset, kind, version, count, body))

    def stat(self, key, mode, size, old):
        if old:
            body = struct.pack("<HHHHIIIIIi", mode, 1, 0, 0, size, 0, 0, 0, 0, -1)
        else:
            body = struct.pack("<HHIQIIIIIII", mode, 0, 1, size, 0, 0, 0, 0, 0, 0, 0)
        self.item(key, STAT, 0, body, old, 0)

    def file(self, key, node, mode):
        data = node["link"].encode() if "link" in node else content(node.get("file", 0), node.get("seed", 1))
        old = node.get("old", False)
        self.stat(key, mode, len(data), old)
        whole = 0 if node.get("tail", True) and len(data) < 16384 else len(data)
        if whole == 0 and len(data) >= self.size // 2:
            whole = len(data) // self.size * self.size
        blocks = []
        for start in range(0, whole, self.size):
            hole = any(a <= start // self.size < b for a, b in node.get("holes", []))
            blocks.append(0 if hole else self.block(data[start : start + self.size]))
        in_item = 900 * self.size // 4096
        for start in range(0, len(blocks), in_item):
            body = b"".join(struct.pack("<I", number) for number in blocks[start : start + in_item])
            self.item(key, INDIRECT, start * self.size + 1, body, old, 0)
        if whole < len(data):
            self.item(key, DIRECT, whole + 1, data[whole:], old)

    def directory(self, parent, key, entries, old=False):
        self.stat(key, 0o40755, 48, old)
        listed = [(b".", key, 1), (b"..", parent, 2)]
        hashed = 128
        for name, node in entries.items():
            child = (key[1], self.object)
            self.object += 1
            listed.append((name.encode(), child, hashed))
            hashed += 128
            if "dir" in node:
                self.directory(key, child, node["dir"], node.get("old", False))
            else:
                mode = 0o120777 if "link" in node else node.get("mode", 0o100644)
                self.file(child, node, mode)
        while listed:
            names, heads, room = [], [], self.size - 24 - 24 - 44 - 24
            while listed and room >= len(listed[0][0]) + 24:
                name, target, offset = listed.pop(0)
                padded = name + bytes(-len(name) % 8)
                names.append(padded)
                heads.append((offset, target))
                room -= 16 + len(padded)
            end = len(heads) * 16 + sum(map(len, names))
            body = b""
            for (offset, target), name in zip(heads, names):
                end -= len(name)
                body += struct.pack("<IIIHH", offset, *target, end, 4)
            self.item(key, DIRENTRY, heads[0][0], body + b"".join(reversed(names)), count=len(heads))

    def key(self, item):
        directory, number, offset, kind, version = item[:5]
        if version == 0:
            return struct.pack("<IIII", directory, number, offset, UNIQUENESS[kind])
        return struct.pack("<IIQ", directory, number, offset | {STAT: 0, INDIRECT: 1, DIRECT: 2, DIRENTRY: 3}[kind] << 60)

    def leaf(self, items):
        end = self.size
        heads, bodies = b"", []
        for item in items:
            end -= len(item[6])
            heads += self.key(item) + struct.pack("<HHHH", item[5], len(item[6]), end, item[4])
            bodies.insert(0, item[6])
        free = end - 24 - len(heads)
        head = struct.pack("<HHHH", 1, len(items), free, 0) + bytes(16)
        return self.block(head + heads + bytes(free) + b"".join(bodies))

    def finish(self):
        self.items.sort(key=lambda item: (item[0], item[1], item[2]))
        nodes, current, used = [], [], 24
        for item in self.items:
            if current and (used + 24 + len(item[6]) > self.size or len(current) >= self.most):
                nodes.append((self.key(current[0]), self.leaf(current)))
                current, used = [], 24
            current.append(item)
            used += 24 + len(item[6])
        nodes.append((self.key(current[0]), self.leaf(current)))
        level = 1
        while len(nodes) > 1:
            level += 1
            above = []
            most = min(self.most + 2, (self.size - 24 - 8) // 24)
            for start in range(0, len(nodes), most):
                part = nodes[start : start + most]
                data = struct.pack("<HHHH", level, len(part) - 1, 0, 0) + bytes(16)
                data += b"".join(key for key, _ in part[1:])
                data += b"".join(struct.pack("<IHH", number, self.size - 24, 0) for _, number in part)
                above.append((part[0][0], self.block(data)))
            nodes = above
        struct.pack_into("<I", self.image, SUPERBLOCK + 8, nodes[0][1])
        struct.pack_into("<H", self.image, SUPERBLOCK + 68, level + 1)


def main():
    asked = json.load(open(sys.argv[2]))
    with open(sys.argv[1], "rb") as file:
        filler = Filler(bytearray(file.read()), asked.get("items", 1000))
    filler.directory((0, 1), (1, 2), asked["tree"])
    filler.finish()
    end = filler.next * filler.size
    with open(sys.argv[1], "wb") as file:
        file.write(filler.image[: max(end, SUPERBLOCK + 4096)])


if __name__ == "__main__":
    main()
