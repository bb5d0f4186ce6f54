"""What the original wrote and read is what strata reads: every fixture against its manifest. The layers as strata decodes
them are held against the original's in test_layers."""

import shutil

from interop import FIXTURES, ARRAY_KEYS, bound, by_name, chosen, main, manifest, strata

# Where strata is right and the original is not (H1 in README.md: it shows the deleted array's chunks again). strata stops at the
# tombstone, so cells that were not written after the new definition read as its fill. In the second fixture the original
# had put the deleted cell 4 into the chunk that it wrote: it is data of the new array now.
STOPS_AT_TOMBSTONE = {"quirk_redefine": [-1, -1, 30, 31, -1, -1], "quirk_redefine_merged": [-1, -1, 30, 4, -1, -1]}


def file(case, entry):
    path = FIXTURES / entry["path"]
    dump = strata().dump(path)
    expected = chosen(entry)
    if entry["name"] in STOPS_AT_TOMBSTONE:
        values = STOPS_AT_TOMBSTONE[entry["name"]]
        case.check(by_name(dump["arrays"])["a"]["content"].get("values") == values, f"a is not {values}")
        keys = [key for key in ARRAY_KEYS if key not in ("content", "stats")]
        case.compare("metadata", chosen(dump, keys), chosen(entry, keys))
    else:
        case.compare("arrays", chosen(dump), expected)
    case.check(dump["num_layers"] == entry["num_layers"], f"{dump['num_layers']} layers, not {entry['num_layers']}")
    unchanged(case, entry)


def store(case, entry):
    dump = strata().run("dump-store", FIXTURES / entry["path"])
    case.compare("datasets", dump["datasets"], entry["datasets"])
    for mine, theirs in zip(dump["datasets"], entry["datasets"]):
        case.check(list(mine["attributes"]) == list(theirs["attributes"]), f"{mine['name']}: another order of attributes")
    case.compare("list_arrays", dump["list_arrays"], entry["list_arrays"])
    case.check(dump["meta"]["file"] == entry["meta_file"], f"registry {dump['meta']['file']}, not {entry['meta_file']}")
    unchanged(case, entry)


def unchanged(case, entry):
    """Looking at a file changes nothing."""
    root = (FIXTURES / entry["path"]) if entry["kind"] == "store" else (FIXTURES / entry["path"]).parent
    there = {str(p.relative_to(FIXTURES)): p.stat().st_size for p in root.rglob("*") if p.is_file()}
    case.compare("files", there, {name: f["size"] for name, f in entry["files"].items()})


def compacted(case, entry):
    """A compaction by strata changes no value."""
    copy = case.folder / "copy"
    shutil.copytree((FIXTURES / entry["path"]).parent, copy)
    path = copy / "data.af"
    before = strata().dump(path)
    strata().write({"mode": "open", "ops": [{"op": "compact"}]}, path)
    after = strata().dump(path)
    keys = [key for key in ARRAY_KEYS if key != "stats"]  # arrays never written have statistics now
    case.compare("after a compaction", chosen(after, keys), chosen(before, keys))
    case.check(len(after["layers"]) >= 1, "no layers")


if __name__ == "__main__":
    kinds = {"file": file, "store": store}
    cases = {entry["name"]: bound(kinds[entry["kind"]], entry) for entry in manifest()}
    cases |= {f"{e['name']} compacted": bound(compacted, e) for e in manifest() if e["kind"] == "file"}
    main(cases)
