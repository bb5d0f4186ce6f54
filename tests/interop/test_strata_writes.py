"""strata writes, the original reads: every script of the fixtures' manifest and our own, run by strata. Both programs must
read the same from the result, the same as from the file that the original makes of the script, and attributes as they
were set (which the original itself loses between layers: H2)."""

import struct

import scripts
from interop import bound, by_name, chosen, main, manifest, original, strata, without


def attributes_as_set(script):
    """{array: {key: value}} after a script, in the form of a dump."""
    out = {}
    for op in script["ops"]:
        if op["op"] == "define":
            out[op["name"]] = {}
        elif op["op"] == "delete":
            del out[op["name"]]
        elif op["op"] == "attr":
            (kind, value), = op["value"].items()
            if kind == "float32" and isinstance(value, (int, float)):
                value = struct.unpack("<f", struct.pack("<f", value))[0]
            out[op["name"]][op["key"]] = {kind: float(value) if kind == "float64" and isinstance(value, int) else value}
    return out


def has_bit_patterns(script):
    return any(str(value).startswith("0x") for op in script["ops"] if op["op"] == "attr" for value in op["value"].values())


def written(case, name, script):
    mine, theirs = case.folder / "strata" / "data.af", case.folder / "original" / "data.af"
    strata().write(script, mine)
    seen_by_strata, seen_by_original = strata().dump(mine), ORIGINAL.dump(mine)
    case.compare("the original reads otherwise what strata wrote", chosen(seen_by_original), chosen(seen_by_strata))
    case.compare("layers", seen_by_strata["layers"], seen_by_original["layers"])
    if not has_bit_patterns(script):
        found = {n: a["attributes"] for n, a in by_name(seen_by_original["arrays"]).items()}
        case.compare("attributes that the original reads are not those set", found, attributes_as_set(script))
    if name in scripts.WRONG_IN_THE_ORIGINAL:
        return
    ORIGINAL.write(scripts.for_original(script), theirs)
    ours, expected = (without(chosen(dump), "attributes") for dump in (seen_by_strata, ORIGINAL.dump(theirs)))
    case.compare("not what the original makes of the script", ours, expected)


def answers(case):
    """Operations that tell something, and some that must fail, answer alike."""
    script = scripts.file([
        scripts.define("a", "int32", [4, 5], [2, 2], {"int": -1}), scripts.write("a", {"a": 1}, [1, 1], [2, 3]),
        {"op": "read", "name": "a"}, {"op": "read", "name": "a", "start": [1, 0], "shape": [2, 2]},
        {"op": "read", "name": "a", "start": [3, 4], "shape": [10, 10]}, {"op": "list"}, {"op": "layers"},
        scripts.define("a", "int8", [1]), scripts.write("a", [1, 2], [3, 4], [1, 2]), scripts.write("b", [1]), scripts.delete("b"),
        {"op": "get_attr", "name": "a", "key": "k"}, scripts.attribute("a", "k", uint16=7), {"op": "get_attr", "name": "a", "key": "k"},
        {"op": "stats", "name": "a"}, scripts.FLUSH, {"op": "stats", "name": "a"}, {"op": "layers"}, scripts.FLUSH, {"op": "layers"},
        scripts.define("gone", "int8", [1]), scripts.write("gone", [1]), scripts.REOPEN, {"op": "list"}, {"op": "read", "name": "gone"},
        scripts.COMPACT, scripts.REOPEN, {"op": "layers"}, {"op": "stats", "name": "a"}])
    script["keep_going"] = True
    mine, theirs = ([{k: v for k, v in r.items() if k != "error"} | {"error": "error" in r} for r in program.write(
        script, case.folder / program.name / "x.af", fails=True)["results"]] for program in (strata(), ORIGINAL))
    layers = [i for i, op in enumerate(script["ops"]) if op["op"] == "layers"]
    for i in layers:  # how many there are is not promised
        mine[i], theirs[i] = mine[i].get("ok"), theirs[i].get("ok")
    for i, (left, right) in enumerate(zip(mine, theirs)):
        case.compare(f"operation {i}", left, right)


if __name__ == "__main__":
    ORIGINAL = original()
    all_scripts = {e["name"]: e["script"] for e in manifest() if e["kind"] == "file" and e["script"].get("mode") != "open"}
    all_scripts |= scripts.own()
    cases = {name: bound(written, name, script) for name, script in all_scripts.items()}
    main(cases | {"answers": answers})
