"""H13 to H15: odd input and damaged files, on which the original panics or aborts. strata gives an error, or values."""

import shutil
import struct

from interop import main
from outcomes import A, LIST, ORIGINAL, READ, STRATA, WRITTEN, answers, both_read_alike, failed, hazards, path, values
from scripts import FLUSH, REOPEN, define, write


class Layer:
    """The footer of a layer, to be forged: the bytes of its archive are found by what they hold."""

    def __init__(self, file):
        self.file, self.raw = file, bytearray(file.read_bytes())
        (self.size,) = struct.unpack("<Q", self.raw[-12:-4])
        self.start = len(self.raw) - 12 - self.size

    def array(self):
        """Where the record of the first array is."""
        arrays = self.start + self.size - 96 + 24
        return arrays + struct.unpack_from("<q", self.raw, arrays)[0]

    def replace(self, old, new):
        at = self.raw.find(old, self.start)
        if at < 0 or self.raw.find(old, at + 1) >= 0:
            raise ValueError(f"{old!r} is not there, or twice")
        self.put(at, new)

    def put(self, at, new):
        self.raw[at : at + len(new)] = new
        self.file.write_bytes(self.raw)


def forged(case, ops, forge, asked=READ, **head):
    """What both answer about a file of the original's that forge(Layer) has changed."""
    answers(case, ORIGINAL, ops, **head)
    forge(Layer(path(case, ORIGINAL).parent / "x.1.af"))
    shutil.copytree(path(case, ORIGINAL).parent, path(case, STRATA).parent)
    return (answers(case, program, [asked], mode="open") for program in (ORIGINAL, STRATA))


def panics(case, ops, forge, strata_says):
    theirs, ours = forged(case, ops, forge)
    case.check("PANIC" in str(theirs[0]), f"the original: {theirs}")
    case.check(strata_says in str(ours[0] if isinstance(ours, list) else ours), f"strata: {ours}")


NUMBERS = [define("a", "int32", [3]), write("a", [1, 2, 3]), FLUSH]


def chunk(size, block=0, offset=0, rank=1):
    """A chunk's record behind its pointer to the coordinate."""
    return struct.pack("<QIII", rank, block, offset, size)


def h13_chunk_beyond_its_block(case):
    """An address of a chunk that leaves its block is a panic."""
    panics(case, NUMBERS, lambda layer: layer.replace(chunk(12), chunk(12, offset=1000)), "STRATA_E_CORRUPT")


def h13_rank_of_a_coordinate(case):
    """A chunk's coordinate with fewer axes than the array has is a panic; strata takes no notice of the chunk."""
    panics(case, NUMBERS, lambda layer: layer.replace(chunk(12), chunk(12, rank=0)), "[0, 0, 0]")


def h13_rank_of_the_chunk_shape(case):
    """A chunk shape with fewer axes than the array has is a panic."""
    panics(case, NUMBERS, lambda layer: layer.put(layer.array() + 72 + 8, bytes(8)), "error")


def h13_offsets_of_texts(case):
    """Offsets of texts that leave the chunk are a panic."""
    panics(
        case,
        [define("a", "string", [2]), write("a", ["one", "two"]), FLUSH],
        lambda layer: layer.put(4, struct.pack("<I", 300)),
        "STRATA_E_CORRUPT",
    )


def h13_no_cells(case):
    """Writing to an array without cells, whose chunk shape was left open, divides by zero."""
    ops = [define("a", "int32", [3, 0]), write("a", [], [0, 0], [3, 0]), FLUSH, REOPEN, READ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.check("PANIC" in str(theirs[1]), f"the original: {theirs[1]}")
    case.compare("strata", ours, [None, None, None, None, {"shape": [3, 0], "values": []}])
    both_read_alike(case)


def h13_more_cells_than_memory(case):
    """An array whose cells no memory can count panics when it is read."""
    ops = [define("a", "int64", [(1 << 32) - 1] * 3, [1, 1, 1]), FLUSH, READ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.check("PANIC" in str(theirs[2]), f"the original: {theirs}")
    case.check(failed(ours[0]) or failed(ours[2]), f"strata: {ours}")


def h14_size_of_a_block(case):
    """A block that claims to hold 2^62 bytes ends the process; strata gives an error or the values."""

    def forge(layer):
        (stored,) = by_layers(ORIGINAL.dump(path(case, ORIGINAL)))["x.1.af"]["blocks"]
        layer.replace(
            struct.pack("<QQ", stored["compressed_size"], 12), struct.pack("<QQ", stored["compressed_size"], 1 << 62)
        )

    theirs, ours = forged(case, NUMBERS, forge, codec="zstd")
    case.check(theirs == "ended", f"the original: {theirs}")
    case.check(failed(ours[0]) or values(ours[0]) == [1, 2, 3], f"strata: {ours}")


def by_layers(dump):
    return {layer["file"]: layer for layer in dump["layers"]}


def h14_nested_lists(case):
    """Element types nested deep enough overflow the stack, and the process ends."""
    theirs, ours = forged(case, [define("a", "int32", []), FLUSH], lambda layer: nest(layer, 400_000), LIST)
    case.check(theirs == "ended", f"the original: {theirs}")
    case.check(failed(ours), f"strata: {ours}")


def nest(layer, depth):
    """Puts `depth` lists around the type of the only array (of rank 0, no data), behind the empty list of blocks."""
    archive, dtype = layer.raw[layer.start : layer.start + layer.size], layer.array() - layer.start + 16
    blocks = len(archive) - 96 + 8
    innermost = struct.pack("<B23x", 3)
    chain = innermost + struct.pack("<B7xqq", 14, -32, 0) * (depth - 1)  # each points to the one before
    archive[dtype : dtype + 24] = struct.pack("<B7xqq", 14, len(chain) - 24 - (len(chain) + dtype + 8), 0)
    archive[blocks : blocks + 8] = struct.pack("<q", -(blocks + len(chain)))
    layer.file.write_bytes(
        layer.raw[: layer.start] + chain + archive + struct.pack("<Q", len(chain) + len(archive)) + b"ARRF"
    )


def h15_size_of_the_footer(case):
    """A footer's size near 2^64 wraps around when twelve are added; both refuse the file, the original by luck."""
    answers(case, ORIGINAL, [A, WRITTEN, FLUSH])
    layer = path(case, ORIGINAL).parent / "x.1.af"
    raw = layer.read_bytes()
    shutil.copytree(path(case, ORIGINAL).parent, path(case, STRATA).parent)
    for size in ((1 << 64) - 1, (1 << 64) - 12, (1 << 63)):
        for program in (ORIGINAL, STRATA):
            (path(case, program).parent / "x.1.af").write_bytes(raw[:-12] + struct.pack("<Q", size) + b"ARRF")
            outcome = answers(case, program, [LIST], mode="open")
            case.check(failed(outcome), f"{program.name}, {size}: {outcome}")


if __name__ == "__main__":
    main(hazards(globals()))
