"""Arrays of lists, which the original opens, lists and compacts without having elements for them: their chunks stay as they are,
whoever compacts."""

import scripts
from interop import bound, by_name, chosen, main, original, strata
from scripts import COMPACT, FLUSH, define

# Of each type 3 elements (strata_script/nested.h says how they are written), then 2, written over the last two of them.
TYPES = {
    "list<float32>": ([[[[1.0], [2.0]]], [[]], [[[3.0]]]], [[[]], [[[4.0]]]]),
    "list<list<string>>": ([[[[[]]]], [[[[["a"], [""]]], [[["bc"]]]]], [[]]], [[[[[["é"]]]]], [[]]]),
    "fixed_size_list<string>[2]": ([["a", "b"], ["c", ""], ["", "d"]], [["", "xy"], ["", "z"]]),
    "fixed_size_list<float64>[2]": ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0], [9.0, 10.0]]),
    "list<fixed_size_list<int16>[2]>": ([[[[1, 2]]], [[]], [[[3, 4]]]], [[[]], [[[5, 6]]]]),
    "fixed_size_list<list<bool>>[1]": ([[[[True]]], [[]], [[[False], [True], [True]]]], [[[[False], [True]]], [[]]]),
}


def contents(path):
    script = {"mode": "open", **scripts.file([{"op": "read", "name": name} for name in TYPES])}
    return {name: result["value"]["values"] for name, result in zip(TYPES, strata().write(script, path)["results"])}


def lists(case, codec):
    path = case.folder / "data.af"
    ops = [define(name, name, [4], [2]) for name in TYPES] + [define("number", "int32", [3]), scripts.write("number", [1, 2, 3])]
    ops += [scripts.write(name, data, [0], [3]) for name, (data, _) in TYPES.items()] + [FLUSH]
    ops += [scripts.write(name, data, [1], [2]) for name, (_, data) in TYPES.items()] + [FLUSH]
    strata().write(scripts.file(ops, codec), path)
    expected = contents(path)
    for name, (first, second) in TYPES.items():
        case.compare(name, expected[name][:3], first[:1] + second)
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
