"""How histories spare the original what it gets wrong (README.md has it by numbers) when it is the writer. What strata
writes is spared nothing.

| | with the original as its writer, a history |
| --- | --- |
| H1 | does not define a name whose former data is in the layers, or whose deletion is not flushed yet |
| H1 | may count the fill as written below which strata has hidden old chunks |
| H2 | sets attributes of arrays in one session of a file only, the first that has any |
| H3 | has no caches for files, and reopens stores after each compaction |
| H4 | gives the arrays of stores plain names; strata alone writes and reads all others |
| H5, H6 | has no flush or compaction that fails |
| H7 | flushes before it compacts |
| H8, H9 | has nothing that needs more than 32 bits, and no gaps between layers |
| H10 | sets no NaN and no infinity in JSON; those of strata the original reads as texts, and saves as such |
| H11 | expects texts that look like dates to become timestamps when the original saves them |
| H12 | does not define again what was deleted as the last array of its name |
| H13 | does not write to arrays without cells whose chunk shape was left open |

H14 to H18 (damaged bytes, time, crashes, empty folders) do not come up.
"""

from cells import is_list
from scripts import COMPACT, FLUSH, REOPEN

# Texts that look like times, and which.
LIKE_DATES = {
    "2024-02-29T12:00:00Z": 1709208000 * 10**9,
    "2024-02-29 12:00:00+01:00": 1709204400 * 10**9,
    "1969-12-31T23:59:59.5Z": -500_000_000,
}
NO_JSON = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def read_by_original(value, meta_format):
    """An attribute of a dataset that strata saved, as the original reads it (H10, H11)."""
    if meta_format == "json":
        return {"string": NO_JSON[value["float"]]} if value.get("float") in NO_JSON else value
    return as_saved(value)


def saved_by_original(value, meta_format):
    """What it is for everybody once the original has saved the registry."""
    return as_saved(read_by_original(value, meta_format))


def as_saved(value):
    return {"timestamp_ns": LIKE_DATES[value["string"]]} if value.get("string") in LIKE_DATES else value


# Operations that the original does not have; nor has it elements of lists.
STRATAS_OWN = ("resize", "append", "copy", "rename", "copy_dataset", "rename_dataset", "delete_attr", "discard")


class Spared:
    """Follows a history whose turns are shared out to writers: gives each turn the operations it can be asked for."""

    def __init__(self, model):
        self.model = model
        self.former = (
            set()
        )  # (dataset, array) whose data of old is in the layers, though there is no such array, or another one
        self.deleted = set()  # since the last flush: defined again, they leave no trace of it
        self.dictionaries = "none"  # of attributes in a file: none, pending or flushed
        self.stuck = set()  # H12

    def operations(self, op, writer):
        """`op` with what has to go before and after it, or nothing."""
        if op["op"] in ("write", "resize", "append") and not self.is_meant(op):
            return []
        if writer == "s":
            return [op]
        if op["op"] in STRATAS_OWN or self.is_on_list(op):
            return []
        if op == COMPACT:
            return [FLUSH, op] if self.model.store is None else [FLUSH, op, REOPEN]  # H7, H3
        return [] if any(hazard(op) for hazard in (self.h1, self.h2, self.h10, self.h13)) else [op]

    def is_meant(self, op):
        """Whether the array is the one that the values were made for: its definition may have been left out."""
        array = self.array(op)
        return array is not None and [array.dtype, array.shape] == op["of"]

    def is_on_list(self, op):
        """The original lists, annotates, compacts and deletes arrays of lists, and can do nothing else with them."""
        if op["op"] == "define":
            return is_list(op["dtype"])
        array = self.array(op) if op["op"] in ("write", "read") else None
        return array is not None and is_list(array.dtype)

    def array(self, op):
        dataset = self.model.datasets.get(op.get("dataset", ""))
        return dataset and dataset.arrays.get(op["name"])

    def h1(self, op):
        if op["op"] == "stats":
            return self.key(op)[1] not in self.model.datasets[""].arrays
        return op["op"] == "define" and self.key(op) in self.former | self.deleted | self.stuck

    def h2(self, op):
        return op["op"] == "attr" and self.model.store is None and self.dictionaries == "flushed"

    def h10(self, op):
        return (
            op["op"] == "attr"
            and self.model.store is not None
            and self.model.store["meta_format"] == "json"
            and op["value"].get("float") in ("nan", "inf", "-inf")
        )

    def h13(self, op):
        return op["op"] == "write" and 0 in op["of"][1] and not self.array(op).chunk_is_given

    @staticmethod
    def key(op):
        return op.get("dataset", ""), op.get("name")

    def before(self, op, writer):
        """Notes what the operation is about to take away."""
        gone = []
        if writer == "o" and op["op"] in (
            "flush",
            "compact",
        ):  # H1: what hides old chunks counts as written when it computes anew
            for array in self.model.all_arrays():
                array.uncertain |= array.hides and (array.touched or op == COMPACT)
        if op["op"] in ("delete", "rename"):
            gone = [self.key(op)]
        elif op["op"] in ("delete_dataset", "rename_dataset") and op["dataset"] in self.model.datasets:
            gone = [(op["dataset"], name) for name in self.model.datasets[op["dataset"]].arrays]
        for dataset, name in gone:
            array = self.model.datasets[dataset].arrays.get(name) if dataset in self.model.datasets else None
            if array is None:
                continue
            self.deleted.add((dataset, name))
            if array.chunks or array.statistics:
                self.former.add((dataset, name))

    def after(self, op, writer):
        if op["op"] == "flush" and writer == "o" and self.model.store:
            for dataset in (*self.model.datasets.values(), *self.model.saved.values()):
                dataset.attributes = {
                    k: saved_by_original(v, self.model.store["meta_format"]) for k, v in dataset.attributes.items()
                }
        if (op["op"] == "define" and self.key(op) in self.former or op["op"] == "resize") and self.array(op):
            self.array(op).hides = True
        if op["op"] == "attr":
            self.dictionaries = "flushed" if self.dictionaries == "flushed" else "pending"
        elif op["op"] in ("flush", "compact") and self.dictionaries == "pending":
            self.dictionaries = "flushed"
        elif op["op"] == "reopen" and self.dictionaries == "pending":
            self.dictionaries = "none"
        visible = {name for dataset in self.model.datasets.values() for name in dataset.arrays}
        if op["op"] in ("flush", "compact", "reopen"):
            if writer == "o" and op["op"] == "flush" and self.model.store:
                self.stuck |= {key for key in self.deleted if key[1] not in visible}
            self.deleted.clear()
        if op["op"] == "compact":  # files that no dataset has an array in are not compacted
            self.former = {key for key in self.former if self.model.store and key[1] not in visible}
