"""What the original did to a file while strata had changes pending: they are merged where the two changed different things, and
refused where they changed the same. The original's layers and bases have no ids, so what it compacted is told by its bytes.
"""

import json
import shlex

from interop import main
from outcomes import A, ORIGINAL, READ, STRATA, answers, both_read_alike, failed, path, values
from scripts import COMPACT, FLUSH, attribute, define, delete, write

VALUES = [1, 2, 3, 4, 5, 6]
BEGIN = [A, write("a", VALUES), attribute("a", "k", int32=1), define("b", "int32", [4], [2], {"int": -1}), FLUSH]
OVERWRITTEN = [write("a", [9, 9], [2], [2]), FLUSH]
TWO_LAYERS = [*BEGIN, write("a", VALUES[4:], [4], [2]), FLUSH]


def shell(case, ops):
    """The original's work on the file that the script of strata has open."""
    script = case.folder / "between.json"
    script.write_text(json.dumps({"mode": "open", "codec": "none", "ops": ops}))
    command = [ORIGINAL.path, "write", str(script), str(path(case, STRATA))]
    return {"op": "shell", "command": f"{shlex.join(command)} > {shlex.quote(str(case.folder / 'between.out'))}"}


def merged(case, begin, mine, theirs, want):
    """Both are there at the end, read by either, also after each has compacted."""
    got = answers(case, STRATA, [*begin, *mine, shell(case, theirs), FLUSH, READ, COMPACT, READ])
    case.check(isinstance(got, list) and not any(failed(a) for a in got), f"strata: {got}")
    case.compare("strata", [values(got[-3]), values(got[-1])], [want, want])
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], want)
    ORIGINAL.write({"mode": "open", "codec": "none", "ops": [COMPACT]}, path(case, STRATA))
    case.compare("a, compacted by the original", both_read_alike(case)["a"]["content"]["values"], want)


def refused(case, begin, mine, theirs, want):
    """Nothing is published and the changes are still there; without them the file is the original's."""
    got = answers(case, STRATA, [*begin, *mine, shell(case, theirs), FLUSH, COMPACT, {"op": "discard"}, {"op": "reopen"}, READ])
    case.check(isinstance(got, list) and failed(got[-5]) and failed(got[-4]), f"strata: {got}")
    case.check("conflict" in got[-5] and "conflict" in got[-4], f"strata: {got}")
    case.check(failed(got[-1]) if want is None else values(got[-1]) == want, f"strata: {got[-1]}")
    both_read_alike(case)


MINE = [write("a", [7, 7], [0], [2])]
OTHERS = [1, 2, 9, 9, 5, 6]


def merges_other_chunks(case):
    merged(case, BEGIN, MINE, OVERWRITTEN, [7, 7, 9, 9, 5, 6])


def merges_other_chunks_compacted(case):
    merged(case, BEGIN, MINE, [*OVERWRITTEN, COMPACT], [7, 7, 9, 9, 5, 6])


def merges_other_chunks_of_many_layers_compacted(case):
    merged(case, TWO_LAYERS, MINE, [*OVERWRITTEN, COMPACT], [7, 7, 9, 9, 5, 6])


def merges_other_chunks_compacted_and_flushed_again(case):
    merged(case, TWO_LAYERS, MINE, [*OVERWRITTEN, COMPACT, write("b", [3], [0], [1]), FLUSH], [7, 7, 9, 9, 5, 6])


def merges_nothing_but_a_compaction(case):
    merged(case, TWO_LAYERS, MINE, [COMPACT], [7, 7, 3, 4, 5, 6])


def merges_another_array(case):
    merged(case, BEGIN, [define("mine", "int8", [2], [2]), *MINE], [define("theirs", "int8", [2], [2]), FLUSH], [7, 7, 3, 4, 5, 6])


def refuses_the_same_chunk(case):
    refused(case, BEGIN, [write("a", [7], [3], [1])], OVERWRITTEN, OTHERS)


def refuses_the_same_chunk_compacted(case):
    refused(case, TWO_LAYERS, [write("a", [7], [3], [1])], [*OVERWRITTEN, COMPACT], OTHERS)


def refuses_the_same_attribute(case):
    refused(case, BEGIN, [attribute("a", "k", int32=2)], [attribute("a", "k", int32=3), FLUSH], VALUES)


def refuses_an_array_that_it_deleted(case):
    refused(case, BEGIN, MINE, [delete("a"), FLUSH], None)


def refuses_an_array_that_it_deleted_compacted(case):
    refused(case, TWO_LAYERS, MINE, [delete("a"), FLUSH, COMPACT], None)


def refuses_a_deletion_of_what_it_wrote(case):
    refused(case, BEGIN, [delete("a")], OVERWRITTEN, OTHERS)


def refuses_a_deletion_of_what_it_wrote_compacted(case):
    refused(case, TWO_LAYERS, [delete("a")], [*OVERWRITTEN, COMPACT], OTHERS)


if __name__ == "__main__":
    main({name: case for name, case in globals().items() if name.startswith(("merges_", "refuses_"))})
