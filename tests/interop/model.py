"""What a script must leave behind, computed from the rules of the format alone: arrays, attributes, statistics, names.

All arrays are small: plain lists do.
"""

import hashlib
import itertools
import math
import struct

from cells import (
    FLOATS,
    TEXTS,
    cell,
    equals_fill,
    fill_cell,
    generated,
    is_list,
    rank_of_float,
    shown,
    shown_dtype,
    statistic,
    unpacked,
)

UNCERTAIN = {"uncertain": True}  # statistics that may be this or that
SHOWN_IN_FULL = 64  # by a dump


class Refused(Exception):
    """An operation that both programs have to refuse, leaving everything as it was."""


# ---- Arrays ----


class Array:
    def __init__(self, op):
        self.dtype, self.shape, self.fill = op["dtype"], list(op["shape"]), op.get("fill")
        self.chunk_is_given = op.get("chunk") is not None
        self.chunk = [max(n, 1) for n in op["chunk"]] if self.chunk_is_given else [max(n, 1) for n in self.shape]
        dims = op.get("dims") or []
        self.dims = list(dims) if len(dims) == len(self.shape) else [f"dim{i}" for i in range(len(self.shape))]
        self.attributes, self.statistics = {}, None
        self.cells = [fill_cell(self.dtype, self.fill)] * math.prod(self.shape)
        self.chunks, self.touched = set(), False  # the chunks there are; whether some were written since the last flush
        self.hides, self.uncertain = False, False  # see hazards.py, H1

    def copy(self):
        out = object.__new__(Array)
        out.__dict__.update(self.__dict__)
        out.attributes, out.cells, out.chunks = dict(self.attributes), list(self.cells), set(self.chunks)
        return out

    def copy_of(self):
        """A new array with all that this one has but statistics, which come with the next flush."""
        out = self.copy()
        out.statistics, out.touched = None, bool(out.chunks)
        return out

    def places(self, start, count):
        """Positions of a region's cells, in row-major order."""
        strides = [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        for index in itertools.product(*(range(s, s + n) for s, n in zip(start, count))):
            yield sum(i * stride for i, stride in zip(index, strides))

    def write(self, op):
        count = op["shape"] if op.get("shape") is not None else self.shape
        start = op["start"] if op.get("start") is not None else [0] * len(count)
        if len(count) != len(self.shape) or any(s + n > extent for s, n, extent in zip(start, count, self.shape)):
            raise Refused("a region outside the shape")
        values, cells = op["values"], math.prod(count)
        if isinstance(values, list):
            if len(values) != cells:
                raise Refused("another number of values")
            new = [cell(self.dtype, v) for v in values]
        elif isinstance(values, dict):
            new = [generated(self.dtype, values, i) for i in range(cells)]
        else:
            new = [cell(self.dtype, values)] * cells
        for place, raw in zip(self.places(start, count), new):
            self.cells[place] = raw
        if cells > 0:
            self.touched = True
            self.chunks.update(
                itertools.product(*(range(s // k, (s + n - 1) // k + 1) for s, n, k in zip(start, count, self.chunk)))
            )

    def resize(self, shape):
        """Cells that go are gone, cells that come are fill, also in chunks that were there."""
        if len(shape) != len(self.shape):
            raise Refused("another rank")
        kept = [min(n, old) for n, old in zip(shape, self.shape)]
        cells = [self.cells[place] for place in self.places([0] * len(shape), kept)]
        self.shape, self.cells = list(shape), [fill_cell(self.dtype, self.fill)] * math.prod(shape)
        for place, raw in zip(self.places([0] * len(shape), kept), cells):
            self.cells[place] = raw
        self.chunks = {c for c in self.chunks if all(i * k < n for i, k, n in zip(c, self.chunk, kept))}
        self.touched = True

    def append(self, op):
        axis, start = op["axis"], list(self.shape)
        if axis >= len(start):
            raise Refused("no such axis")
        part = [*start[:axis], op["count"], *start[axis + 1 :]]
        begin, start = start[axis], [start[i] if i == axis else 0 for i in range(len(start))]
        before = self.copy()
        self.resize([max(s + n, old) for s, n, old in zip(start, part, self.shape)])
        try:
            self.write({"start": start, "shape": part, "values": op["values"]})
        except Refused:
            self.__dict__.update(before.__dict__)
            raise
        return begin

    def read(self, op):
        """Clipped to the shape, and what has another rank counts as not given, as the original does it."""
        start, count = (op.get(k) if len(op.get(k) or ()) == len(self.shape) else None for k in ("start", "shape"))
        start, count = start or [0] * len(self.shape), count or self.shape
        start = [min(s, n) for s, n in zip(start, self.shape)]
        count = [min(c, n - s) for s, c, n in zip(start, count, self.shape)]
        return {"shape": count, "values": [shown(self.dtype, self.cells[place]) for place in self.places(start, count)]}

    def compute_statistics(self):
        """Over the cells of chunks that are there; all others are nulls."""
        if self.uncertain:
            self.statistics = UNCERTAIN
            return
        counted = []
        for coordinate in self.chunks if not is_list(self.dtype) else ():
            start = [c * k for c, k in zip(coordinate, self.chunk)]
            places = self.places(start, [min(k, n - s) for s, k, n in zip(start, self.chunk, self.shape)])
            counted += [c for c in (self.cells[place] for place in places) if not equals_fill(self.dtype, self.fill, c)]
        least, most = (statistic(self.dtype, f(counted, key=self.order)) if counted else None for f in (min, max))
        self.statistics = {
            "min": least,
            "max": most,
            "null_count": len(self.cells) - len(counted),
            "row_count": len(self.cells),
        }

    def order(self, raw):
        if self.dtype in TEXTS:
            return raw
        return rank_of_float(unpacked(self.dtype, raw)) if self.dtype in FLOATS else shown(self.dtype, raw)

    def content(self):
        if is_list(self.dtype):
            return {"unreadable": "the crate has no element type for this dtype"}
        canonical = (
            b"".join(struct.pack("<I", len(c)) + c for c in self.cells) if self.dtype in TEXTS else b"".join(self.cells)
        )
        out = {"count": len(self.cells), "sha256": hashlib.sha256(canonical).hexdigest()}
        parts = (
            {"values": self.cells}
            if len(self.cells) <= SHOWN_IN_FULL
            else {"first": self.cells[:8], "last": self.cells[-8:]}
        )
        return out | {part: [shown(self.dtype, c) for c in cells] for part, cells in parts.items()}

    def dump(self, entry):
        """As a dump shows the array; `entry` is the name that its statistics go by."""
        return {
            "dtype": shown_dtype(self.dtype),
            "shape": self.shape,
            "chunk_shape": self.chunk,
            "dims": self.dims,
            "fill": shown_fill(self.fill),
            "stats": self.statistics and {"name": entry, **self.statistics},
            "content": self.content(),
        }


def shown_fill(fill):
    if fill is None or "float" not in fill:
        return fill
    return {"float": shown("float64", cell("float64", fill["float"]))}


def shown_attribute(value):
    ((kind, v),) = value.items()
    return {kind: shown(kind, cell(kind, v))} if kind in FLOATS else value


# ---- Files and stores ----


class Model:
    """A store, or a file: which is one dataset without a name. Operations are those of the scripts."""

    def __init__(self, store=None):
        self.store = store  # the script's head, for a store
        self.datasets = {} if store else {"": Dataset()}
        self.saved = self.copied()

    def copied(self):
        return {name: dataset.copy() for name, dataset in self.datasets.items()}

    def apply(self, op):
        """What the operation answers, or Refused."""
        return getattr(self, op["op"])(op)

    def dataset(self, op):
        return self.found(self.datasets, op.get("dataset", ""))

    def array(self, op):
        return self.found(self.dataset(op).arrays, op["name"])

    @staticmethod
    def found(things, name):
        if name not in things:
            raise Refused(f"there is no {name}")
        return things[name]

    def all_arrays(self):
        return [array for dataset in self.datasets.values() for array in dataset.arrays.values()]

    def create_dataset(self, op):
        if op["dataset"] in self.datasets:
            raise Refused("it is there")
        self.datasets[op["dataset"]] = Dataset()

    def delete_dataset(self, op):
        self.dataset(op)
        del self.datasets[op["dataset"]]

    def define(self, op):
        arrays = self.dataset(op).arrays
        if op["name"] in arrays:
            raise Refused("it is there")
        arrays[op["name"]] = Array(op)

    def delete(self, op):
        self.array(op)
        del self.dataset(op).arrays[op["name"]]

    def write(self, op):
        self.array(op).write(op)

    def read(self, op):
        return self.array(op).read(op)

    def resize(self, op):
        self.array(op).resize(op["shape"])

    def append(self, op):
        return self.array(op).append(op)

    def copy(self, op):
        array = self.array(op)
        arrays = self.found(self.datasets, op.get("to_dataset", op.get("dataset", ""))).arrays
        if op["to"] in arrays:
            raise Refused("it is there")
        arrays[op["to"]] = array.copy_of()

    def rename(self, op):
        self.copy(op)
        self.delete(op)

    def copy_dataset(self, op):
        dataset = self.dataset(op)
        if op["to"] in self.datasets:
            raise Refused("it is there")
        new = self.datasets[op["to"]] = Dataset()
        new.attributes, new.arrays = dict(dataset.attributes), {n: a.copy_of() for n, a in dataset.arrays.items()}

    def rename_dataset(self, op):
        self.copy_dataset(op)
        self.delete_dataset(op)

    def attr(self, op):
        """Of an array in a file, of a dataset in a store."""
        value = op["value"]
        if self.store is None:
            self.array(op).attributes[op["key"]] = shown_attribute(value)
            return
        self.dataset(op).attributes[op["key"]] = shown_fill(value)

    def delete_attr(self, op):
        attributes = (self.array(op) if self.store is None else self.dataset(op)).attributes
        self.found(attributes, op["key"])
        del attributes[op["key"]]

    def get_attr(self, op):
        return self.array(op).attributes.get(op["key"], "absent")

    def stats(self, op):
        array = self.array(op)
        return {"name": op["name"], **array.statistics} if array.statistics else "absent"

    def list(self, op):
        if self.store is None:
            return list(self.dataset(op).arrays)
        return {
            "datasets": list(self.datasets),
            "arrays": sorted({n for d in self.datasets.values() for n in d.arrays}),
        }

    def flush(self, op=None):
        for array in self.all_arrays():
            if array.touched:
                array.compute_statistics()
                array.touched = False
        self.saved = self.copied()

    def compact(self, op=None):
        self.flush()
        for array in self.all_arrays():
            array.compute_statistics()
        self.saved = self.copied()

    def reopen(self, op=None):
        self.datasets = self.saved
        self.saved = self.copied()

    discard = reopen

    def dump(self):
        """The arrays of a file, or the datasets of a store, as dumps show them."""
        if self.store is None:
            return [
                {"name": name, **array.dump(name), "attributes": dict(array.attributes)}
                for name, array in self.datasets[""].arrays.items()
            ]
        codec = {"none": "uncompressed"}.get(self.store["codec"], self.store["codec"])
        return [
            {
                "name": name,
                "attributes": dict(dataset.attributes),
                "arrays": [{"name": n, **array.dump(name), "codec": codec} for n, array in dataset.arrays.items()],
            }
            for name, dataset in self.datasets.items()
        ]


class Dataset:
    def __init__(self):
        self.attributes, self.arrays = {}, {}

    def copy(self):
        out = Dataset()
        out.attributes, out.arrays = dict(self.attributes), {name: array.copy() for name, array in self.arrays.items()}
        return out
