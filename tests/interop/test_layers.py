"""Footers, blocks and chunks of every fixture as strata decodes them, against the original's decoder: the same members,
and the same hashes of what the blocks and chunks hold."""

import shutil

from interop import FIXTURES, bound, main, manifest, original, strata


def file(case, entry):
    path = FIXTURES / entry["path"]
    mine, theirs = (program.dump(path, fails=None) for program in (strata(), ORIGINAL))
    case.check(len(theirs["layers"]) > 0, "no layers at all")
    case.compare("layers", mine["layers"], theirs["layers"])


def store(case, entry):
    folder = case.folder / "store"
    shutil.copytree(FIXTURES / entry["path"], folder)
    mine, theirs = (program.dump_store(folder) for program in (strata(), ORIGINAL))
    case.compare("files", mine["files"], theirs["files"])
    case.compare("document", mine["meta"], theirs["meta"])


def statistics(case):
    count = 0
    for path in sorted(FIXTURES.rglob("*.stats")):
        mine, theirs = (program.run("dump-stats", path) for program in (strata(), ORIGINAL))
        case.compare(str(path.relative_to(FIXTURES)), mine, theirs)
        count += 1
    case.check(count > 20, f"only {count} statistics files")


if __name__ == "__main__":
    ORIGINAL = original()
    kinds = {"file": file, "store": store}
    cases = {entry["name"]: bound(kinds[entry["kind"]], entry) for entry in manifest()}
    main(cases | {"statistics files": statistics})
