"""Scripts of our own, beside those in the fixtures' manifest. Each name says what is in it."""

DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "string",
          "binary", "timestamp_ns")
CODECS = {"none": "none", "lz4": "lz4", "zstd": "zstd", "zstd 19": {"zstd": 19}, "zstd -3": {"zstd": -3}}

FLUSH, COMPACT, REOPEN = {"op": "flush"}, {"op": "compact"}, {"op": "reopen"}


def define(name, dtype, shape, chunk=None, fill=None, dims=None):
    dims = [f"axis {i}" for i in range(len(shape))] if dims is None else dims
    return {"op": "define", "name": name, "dtype": dtype, "dims": dims, "shape": shape, "chunk": chunk, "fill": fill}


def write(name, values, start=None, shape=None):
    region = {} if start is None else {"start": start, "shape": shape}
    return {"op": "write", "name": name, **region, "values": values}


def attribute(name, key, **value):
    return {"op": "attr", "name": name, "key": key, "value": value}


def delete(name):
    return {"op": "delete", "name": name}


def rule(dtype, seed=0):
    if dtype == "bool":
        return {"a": 2 + seed % 5}
    if dtype in ("string", "binary"):
        return {"prefix": f"v{seed}é-", "repeat": 1 + seed % 4, "empty_every": 3 + seed % 4}
    if dtype in ("float32", "float64"):
        return {"a": 0.37 + seed, "b": -4.5}
    if dtype == "timestamp_ns":
        return {"a": 3_600_000_000_001 + seed, "b": 1_700_000_000_000_000_000}
    return {"a": 7919 + 104_729 * seed, "b": -300 + seed}


def fill_for(dtype):
    if dtype == "bool":
        return {"bool": True}
    if dtype in ("string", "binary"):
        return {"string": "v0é-1"}
    if dtype in ("float32", "float64"):
        return {"float": 0.1}
    if dtype == "timestamp_ns":
        return {"timestamp_ns": -1}
    return {"uint": 200} if dtype.startswith("u") else {"int": -7}


def file(ops, codec="zstd", block=8 << 20):
    return {"codec": codec, "block_target_size": block, "ops": ops}


def every_dtype(codec, block):
    ops = [define(d, d, [9, 7], [4, 3], fill_for(d)) for d in DTYPES]
    ops += [write(d, rule(d)) for d in DTYPES] + [FLUSH]
    ops += [write(d, rule(d, 3), [3, 2], [4, 3]) for d in DTYPES] + [FLUSH]
    ops += [write(d, rule(d, 5), [8, 6], [1, 1]) for d in DTYPES] + [delete("int16"), FLUSH]
    return file(ops, codec, block)


def partly_written():
    """One cell of a chunk, chunks never written, with and without fills."""
    ops = []
    for d in DTYPES:
        for label, fill in (("filled", fill_for(d)), ("plain", None)):
            ops += [define(f"{d} {label}", d, [5, 5], [2, 3], fill), write(f"{d} {label}", rule(d, 1), [1, 2], [2, 2])]
        ops.append(define(f"{d} never", d, [3], [2], fill_for(d)))
    return file(ops + [FLUSH], "lz4")


def extremes():
    ops = []
    for bits in (8, 16, 32, 64):
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        ops += [define(f"i{bits}", f"int{bits}", [5], None, {"int": -1}), write(f"i{bits}", [low, high, 0, -1, 1])]
        ops += [define(f"u{bits}", f"uint{bits}", [4]), write(f"u{bits}", [0, (1 << bits) - 1, 1, 1 << (bits - 1)])]
    wild = [0.0, -0.0, "nan", "-nan", "inf", "-inf", 1.5, -1.5]
    for f, patterns in (("float32", ["0x1", "0x7f800001", "0xffc12345"]),
                        ("float64", ["0x1", "0x7ff0000000000001", "0xfff8000000abcdef"])):
        ops += [define(f, f, [11]), write(f, wild + patterns)]
        ops += [define(f"{f} zero fill", f, [8], [3], {"float": 0.0}), write(f"{f} zero fill", wild)]
        ops += [define(f"{f} nan fill", f, [11], [4], {"float": "nan"}), write(f"{f} nan fill", wild + patterns)]
        ops += [define(f"{f} constant", f, [6, 6], [5, 5]), write(f"{f} constant", 2.25)]
    ops += [define("t", "timestamp_ns", [3]), write("t", [-(1 << 63), (1 << 63) - 1, 0])]
    return file(ops + [FLUSH], "none")


def texts():
    long = "long " * 5000
    ops = [define("s", "string", [4, 3], [3, 2]), define("b", "binary", [6], [4], {"string": ""}),
           write("s", ["", "a", long, "ß", "日本語", "\0", "x" * 17, "🜁", " ", "\n", "q", ""]),
           write("b", ["", "00", "ff" * 300, "00ff", "80", "c328"]), FLUSH,
           write("s", ["shorter"], [0, 2], [1, 1]), write("s", ["and ", "a much longer text", "", long], [2, 1], [2, 2]),
           write("b", ["0102", ""], [2], [2]), FLUSH]
    return file(ops, "lz4", 1000)


def ranks():
    ops = [define("0", "int32", []), write("0", [7]), define("0 unwritten", "float64", [], None, {"float": 2.5}),
           define("0 text", "string", []), write("0 text", ["one"]),
           define("5", "int16", [3, 4, 2, 3, 5], [2, 3, 2, 1, 4], {"int": 9}), write("5", {"a": 1}),
           write("5", {"a": -1}, [1, 1, 0, 2, 3], [2, 2, 2, 1, 2]),
           define("ones", "uint8", [1] * 9), write("ones", [5]),
           define("zero", "float32", [0], [4]), define("zero inside", "int8", [3, 0, 2], [2, 1, 2]),
           define("zero text", "string", [2, 0], [1, 1]), define("big chunk", "int64", [3], [1000]), write("big chunk", [1, 2, 3]),
           FLUSH, write("zero", [], [0], [0]), write("zero inside", [], [0, 0, 0], [3, 0, 2]), FLUSH]
    return file(ops)


KINDS = ([("bool", True), ("bool", False), ("float32", 1.5), ("float32", 0.1), ("float64", 0.1), ("float64", "-inf"),
          ("string", ""), ("string", "sixteen bytes ab"), ("string", "a text that does not fit inline: ÄÖÜ")]
         + [(f"int{b}", s * ((1 << (b - 1)) - 1)) for b in (8, 16, 32, 64) for s in (1, -1)]
         + [(f"uint{b}", (1 << b) - 1) for b in (8, 16, 32, 64)])


def attributes_in_layers(*between):
    """Every kind on two arrays over several layers, changed and repeated; `between` goes between the layers."""
    ops = [define("a", "int8", [2]), define("b", "float32", [3], None, {"float": -1.0}), FLUSH, *between]
    for i, (kind, value) in enumerate(KINDS):
        ops.append(attribute("ab"[i % 2], f"key {i} of kind {kind}", **{kind: value}))
        if i % 4 == 3:
            ops += [FLUSH, *between]
    ops += [write("a", [1, 2]), attribute("a", "key 0 of kind bool", int32=5), FLUSH, *between,
            attribute("b", "key 0 of kind bool", string="shared key"), attribute("a", "new", string="shared key"), FLUSH, *between,
            write("b", [0.5], [1], [1]), FLUSH, define("c", "bool", [1]), attribute("c", "new", bool=True), FLUSH]
    return file(ops, "none")


def many_layers(codec):
    ops = [define("grid", "int32", [40, 30], [8, 7], {"int": -1}), define("words", "string", [50], [6])]
    for i in range(14):
        ops += [write("grid", {"a": 1, "b": 1000 * i}, [(5 * i) % 33, (7 * i) % 22], [7, 8]),
                write("words", {"prefix": f"layer {i} ", "empty_every": 3 + i}, [(9 * i) % 40], [10]), FLUSH]
        if i == 6:
            ops += [define("late", "float64", [6], [4], {"float": 0.5}), write("late", [1.0, 2.0], [2], [2])]
    return file(ops, codec, 700)


def deleted():
    ops = [define(n, "int16", [6], [2]) for n in "abcd"] + [write(n, rule("int16", i)) for i, n in enumerate("abcd")]
    ops += [FLUSH, delete("b"), FLUSH, delete("d"), write("a", [1, 2], [3], [2]), FLUSH, define("e", "uint8", [2]),
            delete("c"), FLUSH]
    return file(ops)


def defined_again():
    """Deleted and defined anew: with equal chunks, another type, a smaller shape, in the same session; written in part."""
    names = ("same", "type", "smaller", "text", "session")
    ops = [define(n, "int32", [6], [2]) for n in names] + [write(n, [1, 2, 3, 4, 5, 6]) for n in names] + [FLUSH]
    ops += [delete(n) for n in names[:-1]] + [FLUSH]
    ops += [define("same", "int32", [6], [2], {"int": -1}), write("same", [30, 31], [2], [2]),
            define("type", "float64", [6], [2], {"float": 0.5}), write("type", [9.0], [5], [1]),
            define("smaller", "int32", [3], [2], {"int": -1}), write("smaller", [8], [0], [1]),
            define("text", "string", [6], [2]), write("text", ["t"], [3], [1]), FLUSH]
    ops += [delete("session"), define("session", "int32", [6], [2], {"int": 11}), write("session", [5], [0], [1]), FLUSH]
    return file(ops, "none")


def of_another_rank():
    """Defined anew with more axes, with fewer and smaller, where no new chunk can stand in an old one's place; one of them in the same session."""
    ops = [define("more", "int32", [6], [2]), define("fewer", "int32", [4, 3], [2, 2]), define("smaller", "string", [6], [2]),
           define("beside", "int8", [5], [2]), write("more", {"a": 1, "b": 1}), write("fewer", {"a": 1, "b": 1}),
           write("smaller", list("abcdef")), write("beside", [1, 2, 3], [1], [3]), attribute("beside", "units", string="m"), FLUSH,
           delete("more"), FLUSH, delete("fewer"), delete("smaller"),
           define("more", "int32", [6, 2], [2, 2], {"int": -1}), write("more", [4], [0, 0], [1, 1]),
           define("fewer", "int32", [4], [2], {"int": -1}), write("fewer", [5], [3], [1]), define("smaller", "string", [3], [2]), FLUSH,
           write("fewer", [6], [0], [1]), FLUSH]
    return file(ops, "none")


def compacted_midway(codec, after=(REOPEN,)):
    ops = [define("a", "float32", [10, 10], [4, 4], {"float": "nan"}), define("s", "string", [7], [3]),
           write("a", {"a": 0.5}, [0, 0], [5, 10]), write("s", rule("string", 2)), attribute("a", "units", string="kelvin"), FLUSH,
           write("a", {"a": 2.0, "b": 1.0}, [4, 4], [4, 4]), FLUSH, COMPACT, *after,
           write("a", {"a": 3.0}, [9, 0], [1, 10]), write("s", ["after"], [6], [1]), FLUSH, *after, delete("s"), FLUSH, COMPACT, *after,
           define("t", "int64", [3]), write("t", [1, 2, 3]), FLUSH]
    return file(ops, codec, 300)


def for_original(script):
    """With a reopen after each compaction, beyond which the original's caches are stale (H3)."""
    return {**script, "ops": [step for op in script["ops"] for step in ((op, REOPEN) if op == COMPACT else (op,))]}


def large():
    ops = [define("v", "float64", [300, 400], [64, 64], {"float": -1.0}), write("v", {"a": 0.001, "b": 250.0}), FLUSH,
           write("v", {"a": 1.0}, [10, 350], [200, 50]), FLUSH]
    return file(ops, "zstd", 1 << 18)


def own():
    """{name: script}."""
    out = {}
    for name, codec in CODECS.items():
        for block in (1, 300, 8 << 20):
            out[f"every dtype, {name}, blocks of {block}"] = every_dtype(codec, block)
    out |= {"partly written": partly_written(), "extremes": extremes(), "texts": texts(), "ranks": ranks(),
            "attributes in layers": attributes_in_layers(), "attributes in layers, reopened": attributes_in_layers(REOPEN),
            "attributes in layers, compacted": attributes_in_layers(COMPACT),
            "attributes in layers, compacted and reopened": attributes_in_layers(COMPACT, REOPEN),
            "deleted": deleted(), "defined again": defined_again(), "of another rank": of_another_rank(),
            "large": large(), "nothing": file([])}
    for codec in ("none", "lz4", "zstd"):
        out[f"many layers, {codec}"] = many_layers(codec)
        out[f"compacted midway, {codec}"] = compacted_midway(codec)
        out[f"compacted midway by one handle, {codec}"] = compacted_midway(codec, ())
    return out


# What the original gets wrong when it runs them itself, although it reads strata's result right: H1.
WRONG_IN_THE_ORIGINAL = ("defined again", "of another rank", "quirk_redefine", "quirk_redefine_merged")


# ---- Stores ----

REGISTRIES = [(format, compression) for format in ("json", "msgpack") for compression in ("none", "zstd", "lz4")]


def on(dataset, op):
    return {**op, "dataset": dataset}


def datasets_attribute(dataset, key, **value):
    return {"op": "attr", "dataset": dataset, "key": key, "value": value}


def store(format="json", compression="none", codec="zstd", ops=()):
    return {"codec": codec, "meta_format": format, "meta_compression": compression, "ops": list(ops)}


def months():
    """Three datasets that share two arrays, one of its own, attributes of every kind, a second layer, deletions."""
    ops = []
    for i, month in enumerate(("jan", "feb", "mär 2024")):
        ops += [{"op": "create_dataset", "dataset": month},
                on(month, define("t2m", "float32", [6, 4 + i], [4, 3], {"float": "nan"}, ["lat", "lon"])),
                on(month, write("t2m", {"a": 0.5, "b": float(i)}, [1, 0], [4, 3])),
                on(month, define("station", "string", [5], [2])), on(month, write("station", rule("string", i))),
                datasets_attribute(month, "month", int=i + 1)]
    ops += [on("jan", define("time", "timestamp_ns", [3])), on("jan", write("time", rule("timestamp_ns"))),
            on("jan", define("flags", "bool", [9], [4], {"bool": True})), on("jan", write("flags", {"a": 2}, [2], [5]))]
    for key, value in {"active": {"bool": True}, "ratio": {"float": 2.0}, "tiny": {"float": 1e-300}, "big": {"float": 1e300},
                       "negative": {"int": -(1 << 63)}, "title": {"string": "line\nbreak \"quoted\" \\ é 🜁 \x01"},
                       "empty": {"string": ""}, "created": {"timestamp_ns": 1700000000123456789},
                       "epoch": {"timestamp_ns": 0}, "earlier": {"timestamp_ns": -1500}, "": {"int": 0}}.items():
        ops.append(datasets_attribute("jan", key, **value))
    ops += [{"op": "create_dataset", "dataset": "nothing"}, FLUSH,
            on("feb", write("t2m", [99.5], [5, 4], [1, 1])), on("mär 2024", delete("station")),
            datasets_attribute("feb", "month", string="February"), FLUSH,
            {"op": "create_dataset", "dataset": "apr"}, on("apr", define("t2m", "float32", [2, 2])),
            on("apr", write("t2m", [1.0, 2.0, 3.0, 4.0])), {"op": "delete_dataset", "dataset": "feb"}, FLUSH]
    return ops
