"""What single cells hold: values, fills, what statistics count, lists.

A cell is kept as the bytes that stand for it in a file (a number in little endian, one byte of a bool, a text's or
binary's own), so that no NaN, no sign of a zero and no rounding gets lost on the way; of lists, as scripts show it.
"""

import math
import struct

NUMBERS = {
    "int8": "<b",
    "int16": "<h",
    "int32": "<i",
    "int64": "<q",
    "uint8": "<B",
    "uint16": "<H",
    "uint32": "<I",
    "uint64": "<Q",
    "timestamp_ns": "<q",
}
FLOATS = {"float32": ("<f", "<I", 23, 8), "float64": ("<d", "<Q", 52, 11)}
TEXTS = ("string", "binary")


# ---- Lists: their cells are kept as scripts show them (strata_script/nested.h) ----


def is_list(dtype):
    return dtype.endswith((">", "]"))


def parts(dtype):
    """What a list consists of in the end, and of how many parts it and each list inside it do."""
    sizes = [1]
    while is_list(dtype):
        if dtype.endswith("]"):
            dtype, size = dtype[len("fixed_size_list<") : -1].rsplit(">[", 1)
            sizes[-1] *= int(size)
        else:
            dtype = dtype[len("list<") : -1]
            sizes.append(1)
    return dtype, sizes


def each_value(node, level, last, f):
    """The node with f applied to its values."""
    return [f(item) if level == last else [each_value(part, level + 1, last, f) for part in item] for item in node]


def empty_list(dtype):
    leaf, sizes = parts(dtype)
    return [shown(leaf, fill_cell(leaf, None)) if len(sizes) == 1 else []] * sizes[0]


def shown_dtype(dtype):
    if dtype.endswith("]"):
        child, size = dtype[len("fixed_size_list<") : -1].rsplit(">[", 1)
        return {"fixed_size_list": shown_dtype(child), "size": int(size)}
    return {"list": shown_dtype(dtype[len("list<") : -1])} if is_list(dtype) else dtype


# ---- Cells ----


def cell(dtype, value):
    """The bytes of a value as a script writes it."""
    if is_list(dtype):
        leaf, sizes = parts(dtype)
        return each_value(value, 0, len(sizes) - 1, lambda v: shown(leaf, cell(leaf, v)))
    if dtype == "bool":
        return b"\1" if value else b"\0"
    if dtype == "string":
        return value.encode()
    if dtype == "binary":
        return bytes.fromhex(value)
    if dtype in NUMBERS:
        return struct.pack(NUMBERS[dtype], value)
    number, bits, mantissa, exponent = FLOATS[dtype]
    if not isinstance(value, str):
        return float_cell(dtype, value)
    if value.startswith("0x"):
        return struct.pack(bits, int(value, 16))
    special = ((1 << exponent) - 1) << mantissa | (1 << mantissa - 1 if value.endswith("nan") else 0)
    return struct.pack(bits, special | (1 << mantissa + exponent if value.startswith("-") else 0))


def float_cell(dtype, value):
    try:
        return struct.pack(FLOATS[dtype][0], value)
    except OverflowError:  # beyond a float32
        return cell(dtype, "inf" if value > 0 else "-inf")


def shown(dtype, raw):
    """As a dump shows it."""
    if is_list(dtype):
        return raw
    if dtype == "bool":
        return raw != b"\0"
    if dtype == "string":
        return raw.decode()
    if dtype == "binary":
        return raw.hex()
    if dtype in NUMBERS:
        return struct.unpack(NUMBERS[dtype], raw)[0]
    return shown_float(unpacked(dtype, raw))


def shown_float(value):
    if math.isnan(value):
        return "-nan" if math.copysign(1, value) < 0 else "nan"
    return value if math.isfinite(value) else "inf" if value > 0 else "-inf"


def unpacked(dtype, raw):
    return struct.unpack(FLOATS[dtype][0], raw)[0]


def generated(dtype, rule, i):
    """Cell i of a rule: see af-rust's README."""
    if dtype == "bool":
        return cell(dtype, i % rule.get("a", 2) == 0)
    if dtype in FLOATS:
        return float_cell(dtype, rule.get("a", 1.0) * i + rule.get("b", 0.0))
    if dtype in TEXTS:
        every = rule.get("empty_every", 0)
        if every > 0 and i % every == 0:
            return b""
        return f"{rule.get('prefix', 's')}{i}".encode() * (1 + i % max(rule.get("repeat", 1), 1))
    return low_bits(dtype, rule.get("a", 1) * i + rule.get("b", 0))


def low_bits(dtype, value):
    width = struct.calcsize(NUMBERS[dtype])
    return (value & (1 << 8 * width) - 1).to_bytes(width, "little")


# ---- Fill values ----


def fill_cell(dtype, fill):
    """What a cell holds that was never written: the fill converted, else zero."""
    if is_list(dtype):
        return empty_list(dtype)
    ((kind, value),) = fill.items() if fill else (("none", None),)
    if dtype in TEXTS:
        return b""
    if dtype == "bool":
        return cell(dtype, kind == "bool" and value)
    if dtype == "timestamp_ns":
        return cell(dtype, value if kind in ("timestamp_ns", "int") else 0)
    if dtype in FLOATS:
        return cell(dtype, value) if kind in ("int", "uint", "float") else cell(dtype, 0.0)
    if kind in ("int", "uint"):
        return low_bits(dtype, value)
    if kind == "float":
        return cell(dtype, saturated(dtype, unpacked("float64", cell("float64", value))))
    return cell(dtype, int(value) if kind == "bool" and dtype.startswith("u") else 0)


def saturated(dtype, value):
    bits = 8 * struct.calcsize(NUMBERS[dtype])
    low, high = (0, (1 << bits) - 1) if dtype.startswith("u") else (-(1 << bits - 1), (1 << bits - 1) - 1)
    if math.isnan(value):
        return 0
    return low if value <= low else high if value >= high else int(value)


def equals_fill(dtype, fill, raw):
    """Whether statistics count the cell as a null. Fewer kinds do than reading converts."""
    ((kind, value),) = fill.items() if fill else (("none", None),)
    if dtype in TEXTS:
        return kind == "string" and raw == value.encode()
    if dtype == "bool":
        return kind == "bool" and raw == cell(dtype, value)
    if dtype == "timestamp_ns":
        return kind in ("timestamp_ns", "int") and raw == cell(dtype, value)
    if dtype in NUMBERS:
        return kind in ("int", "uint") and raw == low_bits(dtype, value)
    if kind != "float":
        return False
    number, wanted = unpacked(dtype, raw), unpacked(dtype, cell(dtype, value))
    return number == wanted or math.isnan(number) and math.isnan(wanted)


def rank_of_float(value):
    """Orders floats by IEEE 754's total order."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return bits ^ 0x7FFF_FFFF_FFFF_FFFF if bits < 0 else bits


def statistic(dtype, raw):
    if dtype in TEXTS:
        try:
            return {"bytes_hex": raw.hex(), "text": raw.decode()}
        except UnicodeDecodeError:
            return {"bytes_hex": raw.hex()}
    if dtype == "timestamp_ns":
        return {"timestamp_ns": shown(dtype, raw)}
    if dtype in FLOATS:
        return {"float": shown(dtype, raw)}
    return {"int" if dtype.startswith("int") else "uint": int(shown(dtype, raw))}
