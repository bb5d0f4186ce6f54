"""A dump shows what the bytes say: one byte of a footer is changed in a copy, and the dump must change there and nowhere else.
So nothing in a dump comes from a script, a cache or a second copy of the footer."""

import shutil
import struct

from interop import FIXTURES, bound, chosen, differences, main, strata

I64, U32_PAIR = struct.Struct("<q"), struct.Struct("<II")


# fixture, the bytes to look for (the last place where they are), which of them to change, to what, and the places in the dump
CHANGES = {
    "dimension name": ("single_none/data.af", b"axis1\xff", 4, ord("9"), ["dims"]),
    "array name": ("single_lz4/data.af", b"binary\xff", 0, ord("B"), ["name", "stats"]),
    "fill value": ("layers_none/data.5.af", b"\x01" + bytes(7) + I64.pack(-1), 8, 0xF0, ["fill", "content", "stats"]),
    "shape": ("defined_only/data.1.af", None, 0, 2, ["shape", "content", "stats"]),
    "attribute value": ("attributes_base/data.af", b"\x01\x80" + bytes(22), 1, 0x81, ["attributes"]),
    "attribute key": ("layers_zstd/data.1.af", b"units\xff", 0, ord("U"), ["attributes"]),
}


def changed(case, path, pattern, at, value, members):
    copy = case.folder / "copy"
    shutil.copytree((FIXTURES / path).parent, copy)
    target, base = copy / path.split("/")[1], copy / "data.af"
    before = strata().dump(base)
    raw = bytearray(target.read_bytes())
    size = struct.unpack("<Q", raw[-12:-4])[0]
    footer = len(raw) - 12 - size
    # Without a pattern: the first bytes of the archive, which are the first array's shape where there are no blocks.
    where = footer if pattern is None else raw.rfind(pattern, footer)
    if where < 0:
        case.complain(f"{pattern!r} is not in the footer")
        return
    raw[where + at] = value
    target.write_bytes(raw)
    after = strata().dump(base)
    lines = list(differences(chosen(before), chosen(after)))
    case.check(lines, "the dump is the same")
    for line in lines:
        case.check(any(f".{m}" in line or f"[{m}" in line for m in members), f"changed elsewhere: {line}")
    case.check(list(differences(before["layers"], after["layers"])), "the footer's dump is the same")


def damaged(case):
    """One byte of a file that strata wrote: noticed, or shown; never the old contents with another footer."""
    path = case.folder / "x" / "data.af"
    ops = [{"op": "define", "name": "array", "dtype": "int32", "dims": ["dimension of the test"], "shape": [4], "chunk": None, "fill": {"int": 77}},
           {"op": "write", "name": "array", "start": [0], "shape": [2], "values": [1, 2]}, {"op": "flush"}, {"op": "compact"}]
    strata().write({"ops": ops}, path)
    before, raw = strata().dump(path), path.read_bytes()
    size = struct.unpack("<Q", raw[-12:-4])[0]
    footer = raw[len(raw) - 12 - size:-12]
    places = {"dimension": footer.find(b"dimension of the test"), "fill": footer.find(I64.pack(77)), "name": footer.find(b"array\xff")}
    for what, where in places.items():
        case.check(where >= 0, f"{what} is not in the footer")
        copy = bytearray(raw)
        copy[len(raw) - 12 - size + where] ^= 1
        path.write_bytes(copy)
        after = strata().dump(path, fails=None)
        case.check("error" in after or chosen(after) != chosen(before), f"{what}: the dump is the same")


if __name__ == "__main__":
    main({name: bound(changed, *change) for name, change in CHANGES.items()} | {"damaged": damaged})
