"""Random histories of files and stores, each made from a seed: turns of operations in the language of the scripts.

A turn is what one program does from opening to closing: {"options", "ops"}. What it does not flush is lost at the end.
"""

from cells import is_list
from dice import Dice
from model import Model, Refused
from scripts import COMPACT, DTYPES, FLUSH, REGISTRIES

# Inside a file any name will do; a few, so that they meet again.
ENTRIES = ("a", "b", "sixteen bytes ab", "a name that is not kept in place", "température", "日本", "", "x/y..", "100%")
DATASETS = ("jan", "feb", "mär 2024", "日本の", "a dataset with a longer name", "100%.af", "e\u0301")
# An array's name in a store becomes that of a folder, which the original finds again if none of it is encoded (H4).
ARRAYS = ("t", "wind speed", "x.y+z:", "temperature_2m")
ENCODED = ("température", "100% #1", "%C3%A9", "é", "日本")
LISTS = (
    "list<int16>",
    "list<list<string>>",
    "fixed_size_list<float32>[3]",
    "list<fixed_size_list<float64>[2]>",
    "fixed_size_list<binary>[2]",
    "list<list<list<uint8>>>",
    "list<bool>",
)
KEYS = ("units", "scale", "", "a key that is not kept in place", "ß")
DATASET_KEYS = ("title", "n", "", "ключ")


def turn_options(dice):
    return {
        "codec": dice.choice(("none", "lz4", "zstd", {"zstd": 9})),
        "block_target_size": dice.choice((1, 40, 300, 5000, 8 << 20)),
    }


class Maker:
    """Makes the operations of one history, keeping a model at hand so that most of them are possible."""

    def __init__(self, seed):
        self.dice = Dice(seed)
        self.store = None
        if self.dice.happens(0.4):
            format, compression = self.dice.choice(REGISTRIES)
            self.store = {
                "codec": self.dice.choice(("none", "lz4", "zstd")),
                "meta_format": format,
                "meta_compression": compression,
            }
        self.model = Model(self.store)
        # A few names each, so that what is deleted is often defined again.
        self.strata_alone = self.store is not None and self.dice.happens(0.15)
        self.entries = self.dice.sample(
            ENTRIES if not self.store else ENCODED if self.strata_alone else ARRAYS, self.dice.randint(1, 4)
        )
        self.datasets = self.dice.sample(DATASETS, self.dice.randint(1, 5)) if self.store else [""]
        self.focus, self.coming, self.shrunk = (None, None), [], False
        self.most_cells = self.dice.choice((12, 60, 60, 400))

    def history(self):
        turns = []
        for _ in range(self.dice.choices((1, 2, 3, 4), (3, 3, 2, 1))[0]):
            ops = []
            for _ in range(self.dice.randint(3, 20)):
                op = self.operation()
                if op is not None:
                    ops.append(op)
                    self.apply(op)
            if self.dice.happens(0.85):
                ops.append(FLUSH)
            if self.dice.happens(0.2):
                ops.append(COMPACT)
            for op in ops[-2:]:
                if op in (FLUSH, COMPACT):
                    self.apply(op)
            self.model.reopen()
            turns.append({"options": {} if self.store else turn_options(self.dice), "ops": ops})
        return {"store": self.store, "strata_alone": self.strata_alone, "turns": turns}

    def apply(self, op):
        try:
            self.model.apply(op)
        except Refused:
            pass

    def operation(self):
        going_on = bool(self.coming)
        if not going_on and self.dice.happens(0.2):
            self.coming = list(self.dice.choice(IN_A_ROW))
        what = (
            self.coming.pop(0) if self.coming else self.dice.weighted(**(STORE_WEIGHTS if self.store else FILE_WEIGHTS))
        )
        if what in ("flush", "compact", "reopen", "discard", "list"):
            return {"op": what}
        # Half of the time where the last operation was: what goes wrong takes several that meet.
        if self.focus[0] not in self.datasets or not going_on and self.dice.happens(0.5):
            self.focus = (self.dice.choice(self.datasets), None)
        dataset = self.focus[0]
        on = {"dataset": dataset} if self.store else {}
        if what in ("create_dataset", "delete_dataset"):
            return (
                {"op": what, **on}
                if (dataset in self.model.datasets) == (what == "delete_dataset") or self.dice.happens(0.1)
                else None
            )
        if dataset not in self.model.datasets:
            return {"op": "create_dataset", **on}
        if what in ("copy_dataset", "rename_dataset"):
            return {"op": what, **on, "to": self.free(self.datasets, self.model.datasets)}
        if what == "delete_attr" and self.store:
            return {
                "op": what,
                **on,
                "key": self.dice.choice(list(self.model.datasets[dataset].attributes) or DATASET_KEYS),
            }
        if what == "attr" and self.store:
            return {"op": what, **on, "key": self.dice.choice(DATASET_KEYS), "value": self.dice.dataset_attribute()}
        return self.on_array(what, on, self.model.datasets[dataset].arrays)

    def free(self, names, taken):
        """Mostly a name that is not taken, if there is one."""
        names = [n for n in names if n not in taken or self.dice.happens(0.1)] or names
        return self.dice.choice(names)

    def on_array(self, what, on, arrays):
        dice = self.dice
        dataset, name = self.focus
        if name is None:
            name = (
                dice.choice(list(arrays))
                if what != "define" and arrays and not dice.happens(0.03)
                else dice.choice(self.entries)
            )
            self.focus = (dataset, name)
        array, on = arrays.get(name), {**on, "name": name}
        if what == "define" or array is None and not dice.happens(0.1):
            return self.definition(on, array) if array is None or dice.happens(0.2) else self.writing(on, array)
        if what in ("copy", "rename"):
            other = (
                dice.choice(list(self.model.datasets)) if self.store and what == "copy" and dice.happens(0.5) else None
            )
            taken = arrays if other is None else self.model.datasets[other].arrays
            return {
                "op": what,
                **on,
                "to": self.free(self.entries, taken),
                **({} if other is None else {"to_dataset": other}),
            }
        if what in ("write", "resize", "append"):
            if array is not None and is_list(array.dtype) and what == "append":
                what = "resize"
            return (
                None
                if array is None
                else {"write": self.writing, "resize": self.resizing, "append": self.appending}[what](on, array)
            )
        if what == "attr":
            return {"op": what, **on, "key": dice.choice(KEYS), "value": dice.attribute()}
        if what == "delete_attr":
            return {"op": what, **on, "key": dice.choice(list(array.attributes if array else ()) or KEYS)}
        if what == "get_attr":
            return {"op": what, **on, "key": dice.choice(KEYS)}
        if what == "read" and array is not None and dice.happens(0.5):
            start = [dice.randint(0, n) for n in array.shape]
            return {"op": what, **on, "start": start, "shape": [dice.randint(1, n + 1) for n in array.shape]}
        return {"op": what, **on}

    def definition(self, on, array):
        dice = self.dice
        dtype, shape = dice.choice(DTYPES), dice.shape(self.most_cells)
        dims = [] if self.store is None and dice.happens(0.1) else [f"axis {i}" for i in range(len(shape))]
        if dice.happens(0.12):
            dtype = dice.choice(LISTS)
        return {
            "op": "define",
            **on,
            "dtype": dtype,
            "dims": dims,
            "shape": shape,
            "chunk": dice.chunk(shape),
            "fill": None if is_list(dtype) else dice.fill(dtype),
        }

    def resizing(self, on, array):
        dice = self.dice
        if self.shrunk:  # cells that were cut off must not return
            shape = [n + dice.choice((0, 1, 5)) for n in array.shape]
        else:
            shape = [dice.choice((n, n + dice.randint(0, 3), dice.randint(min(n, 1), n))) for n in array.shape]
        self.shrunk = any(new < old for new, old in zip(shape, array.shape))
        if self.shrunk and dice.happens(0.03):
            shape[0] = 0
        return {"op": "resize", **on, "of": [array.dtype, array.shape], "shape": shape}

    def appending(self, on, array):
        dice = self.dice
        axis, count = dice.randrange(len(array.shape) or 1), dice.randint(0, 4)
        cells = count
        for i, n in enumerate(array.shape):
            cells *= 1 if i == axis else n
        return {
            "op": "append",
            **on,
            "of": [array.dtype, array.shape],
            "axis": axis,
            "count": count,
            "values": dice.values(array.dtype, cells),
        }

    def writing(self, on, array):
        dice = self.dice
        start = [dice.randint(0, max(n - 1, 0)) for n in array.shape]
        count = [dice.randint(1, n - s) if n else 0 for n, s in zip(array.shape, start)]
        if array.shape and dice.happens(0.03):
            count[-1] += array.shape[-1] - start[-1] + 1  # outside
        whole = dice.happens(0.3)
        cells = 1
        for n in array.shape if whole else count:
            cells *= n
        region = {} if whole else {"start": start, "shape": count}
        return {
            "op": "write",
            **on,
            **region,
            "of": [array.dtype, array.shape],
            "values": dice.values(array.dtype, cells),
        }


FILE_WEIGHTS = {
    "define": 5,
    "write": 10,
    "attr": 4,
    "delete": 2,
    "flush": 4,
    "compact": 1,
    "reopen": 1,
    "read": 2,
    "get_attr": 1,
    "stats": 1,
    "list": 1,
    "resize": 2,
    "append": 2,
    "copy": 1,
    "rename": 1,
    "delete_attr": 1.5,
    "discard": 0.3,
}
STORE_WEIGHTS = {
    "create_dataset": 2,
    "delete_dataset": 1,
    "define": 5,
    "write": 10,
    "attr": 3,
    "delete": 2,
    "flush": 4,
    "compact": 1,
    "reopen": 1,
    "read": 2,
    "list": 1,
    "resize": 2,
    "append": 2,
    "copy": 1,
    "rename": 1,
    "copy_dataset": 1,
    "rename_dataset": 1,
    "delete_attr": 1.5,
    "discard": 0.3,
}

# On one array; what has to be right about each of them shows in the next.
IN_A_ROW = (
    ("write", "flush", "delete", "define", "write"),
    ("write", "flush", "delete", "flush", "define", "flush"),
    ("delete", "define"),
    ("write", "flush", "resize", "resize", "read"),
    ("flush", "resize", "flush", "resize"),
    ("append", "append", "flush", "append"),
    ("copy", "write", "flush", "write"),
    ("rename", "define"),
    ("write", "compact", "write", "flush", "compact"),
    ("attr", "flush", "attr", "flush", "attr"),
    ("compact", "delete", "define", "flush"),
    ("attr", "delete_attr", "flush"),
)


def history(seed):
    return Maker(seed).history()
