"""Arrays of lists, which the original opens, lists and compacts without having elements for them: their chunks stay as they are,
whoever compacts."""

import scripts
from interop import bound, by_name, chosen, main, original, strata
from scripts import COMPACT, FLUSH, define

# Of each type the offsets of every level and the values of 3 elements, then of the last 2 of them, written over the first.
TYPES = {
    "list<float32>": (([[0, 2, 2, 3]], "0000803f0000004000004040"), ([[0, 0, 1]], "00008040")),
    "list<list<string>>": (([[0, 1, 3, 3], [0, 0, 2, 3], [0, 1, 1, 3]], "616263"), ([[0, 1, 1], [0, 1], [0, 2]], "c3a9")),
    "fixed_size_list<string>[2]": (([[0, 1, 2, 3, 3, 3, 4]], "61626364"), ([[0, 0, 2, 2, 3]], "78797a")),
    "list<fixed_size_list<int16>[2]>": (([[0, 1, 1, 2]], "0100020003000400"), ([[0, 0, 1]], "05000600")),
    "fixed_size_list<list<bool>>[1]": (([[0, 1, 1, 4]], "01000101"), ([[0, 2, 2]], "0001")),
}


def write_nested(name, data, start, count):
    return {"op": "write_nested", "name": name, "start": [start], "shape": [count], "offsets": data[0], "values": data[1]}


def contents(path):
    script = {"mode": "open", **scripts.file([{"op": "read_nested", "name": name} for name in TYPES])}
    return {name: result["value"] for name, result in zip(TYPES, strata().write(script, path)["results"])}


def lists(case, codec):
    path = case.folder / "data.af"
    ops = [define(name, name, [4], [2]) for name in TYPES] + [define("number", "int32", [3]), scripts.write("number", [1, 2, 3])]
    ops += [write_nested(name, data, 0, 3) for name, (data, _) in TYPES.items()] + [FLUSH]
    ops += [write_nested(name, data, 1, 2) for name, (_, data) in TYPES.items()] + [FLUSH]
    strata().write(scripts.file(ops, codec), path)
    expected = contents(path)
    case.compare("types", {name: value["type"] for name, value in expected.items()}, {name: name for name in TYPES})
    case.compare("of list<float32>", expected["list<float32>"]["offsets"], [[0, 2, 2, 3, 3]])
    for turn, (program, how) in enumerate([(strata(), None), (ORIGINAL, codec), (strata(), codec), (ORIGINAL, "zstd"), (strata(), "none")]):
        if how is not None:
            # Something new, so that there is a layer to be merged.
            ops = [scripts.write("number", [turn], [0], [1]), FLUSH, COMPACT]
            program.write({"mode": "open", **scripts.file(ops, how)}, path)
        label = f"turn {turn} ({program.name})"
        case.compare(f"{label}: values", contents(path), expected)
        mine, theirs = strata().dump(path), ORIGINAL.dump(path)
        case.compare(label, chosen(mine), chosen(theirs))
        case.compare(f"{label}: layers", mine["layers"], theirs["layers"])
        case.check(all("unreadable" in by_name(theirs["arrays"])[name]["content"] for name in TYPES), f"{label}: readable after all?")


if __name__ == "__main__":
    ORIGINAL = original()
    main({codec: bound(lists, codec) for codec in ("none", "lz4", "zstd")})
