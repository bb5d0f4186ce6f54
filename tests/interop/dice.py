"""Random values, shapes, fills and attributes."""

import random
from struct import calcsize

from cells import FLOATS, NUMBERS, is_list, parts
from hazards import LIKE_DATES
from scripts import KINDS, fill_for, rule

CHARACTERS = 'ab zé日🜁\n"\\\0'


FILLS = {
    "bool": (True, False),
    "int": (0, -1, 5, 300, -(1 << 63), (1 << 63) - 1),
    "uint": (0, 7, 200, 70000, (1 << 64) - 1),
    "float": (0.0, -0.0, 0.5, -2.75, 1e10, -1e300, "nan", "inf", "-inf"),
    "string": ("", "a", "more than sixteen bytes"),
    "timestamp_ns": (0, -1, 10**18),
}


class Dice(random.Random):
    def happens(self, probability):
        return self.random() < probability

    def weighted(self, **weights):
        return self.choices(list(weights), list(weights.values()))[0]

    def shape(self, most):
        rank = self.choices((0, 1, 2, 3, 4), (1, 5, 5, 2, 1))[0]
        while True:
            shape = [self.choices((0, self.randint(1, 9)), (1, 25))[0] for _ in range(rank)]
            cells = 1
            for n in shape:
                cells *= n
            if cells <= most:
                return shape

    def chunk(self, shape):
        if self.happens(0.25):
            return None
        most = self.choice(("whole", "half", "half"))  # larger than the shape, or several chunks
        return [
            1000 if self.happens(0.1) else self.randint(1, n + 2 if most == "whole" else (n + 2) // 2) for n in shape
        ]

    def fill(self, dtype):
        """Mostly of the dtype's own kind; all kinds go with all dtypes, and are converted."""
        if self.happens(0.25):
            return None
        if self.happens(0.5):
            return fill_for(dtype)
        kind = self.choice(list(FILLS))
        return {kind: self.choice(FILLS[kind])}

    def text(self):
        length = self.choice((0, 0, 1, 3, 16, 17)) if self.happens(0.95) else self.randint(100, 3000)
        return "".join(self.choice(CHARACTERS) for _ in range(length))

    def value(self, dtype):
        if is_list(dtype):
            leaf, sizes = parts(dtype)
            return self.list_value(leaf, sizes, 0)
        if dtype == "bool":
            return self.happens(0.5)
        if dtype == "string":
            return self.text()
        if dtype == "binary":
            return self.randbytes(self.choice((0, 1, 2, 5, 40))).hex()
        if dtype in NUMBERS:
            bits = 8 * calcsize(NUMBERS[dtype])
            low = 0 if dtype.startswith("u") else -(1 << bits - 1)
            return self.choice((low, low + (1 << bits) - 1, 0, 1, *(low + self.getrandbits(bits) for _ in range(3))))
        if self.happens(0.2):
            return self.choice((0.0, -0.0, "nan", "-nan", "inf", "-inf"))
        if self.happens(0.1):
            return hex(self.getrandbits(32 if dtype == "float32" else 64))
        return self.randint(-4000, 4000) / 8

    def list_value(self, leaf, sizes, level):
        last = level == len(sizes) - 1
        return [
            (
                self.value(leaf)
                if last
                else [self.list_value(leaf, sizes, level + 1) for _ in range(self.choice((0, 1, 1, 2, 3)))]
            )
            for _ in range(sizes[level])
        ]

    def values(self, dtype, cells):
        if is_list(dtype):
            return [self.value(dtype) for _ in range(cells)]
        how = self.weighted(list=5, rule=3, one=1)
        if how == "one":
            return self.value(dtype)
        if how == "rule":
            return (
                {**rule(dtype, self.randrange(50))}
                if dtype not in FLOATS
                else {"a": self.randint(-8, 8) / 4, "b": self.randint(-8, 8) / 2}
            )
        few = [self.value(dtype) for _ in range(self.choice((2, 5, 40)))]
        return [self.choice(few) for _ in range(cells)]

    def attribute(self):
        """Of an array; all twelve kinds."""
        kind, value = self.choice(KINDS)
        if kind == "string" and self.happens(0.7):
            value = self.text()
        elif kind in FLOATS:
            value = self.value(kind)
            if isinstance(value, str) and value.startswith("0x"):
                value = 0.125
        elif kind in NUMBERS and self.happens(0.5):
            value = self.value(kind)
        return {kind: value}

    def dataset_attribute(self):
        kind = self.choice(("bool", "int", "float", "string", "timestamp_ns"))
        if kind == "bool":
            return {kind: self.happens(0.5)}
        if kind == "string":
            return {kind: self.choice(list(LIKE_DATES)) if self.happens(0.2) else self.text()}
        if kind == "float":
            return {kind: self.choice((0.5, 1.0, -0.0, 1e300, 1e-300, 123456.789, "nan", "inf", "-inf"))}
        return {kind: self.value("int64" if kind == "int" else "timestamp_ns")}
