"""guest.py LIBRARY: the library inside Python, by ctypes, in processes that fork and spawn.

A parent with warm caches and threads in the middle of calls makes children by os.fork and by multiprocessing, in both of its start
methods. A child's inherited handles answer at once that they belong to the parent; what it opens itself works.
"""
import array
import ctypes
import multiprocessing
import os
import sys
import threading
import warnings

OK, FORKED = 0, -82
NUL = ctypes.c_size_t(-1)
COUNT = 1 << 16
ROUNDS = 60


class Error(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("status", ctypes.c_int32), ("os_error", ctypes.c_int32),
                ("http_status", ctypes.c_int32), ("message", ctypes.c_char * 240)]


class Library:
    def __init__(self, path):
        self.path = path
        self.functions = ctypes.CDLL(path)

    def status(self, name, *arguments):
        error = Error(struct_size=ctypes.sizeof(Error))
        return getattr(self.functions, "strata_" + name)(*arguments, ctypes.byref(error)), error.message.decode()

    def call(self, name, *arguments):
        status, message = self.status(name, *arguments)
        if status != OK:
            raise RuntimeError(f"{name} says {status}: {message}")

    def open(self, path):
        file, numbers = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("file_open", None, path.encode(), NUL, None, None, ctypes.byref(file))
        self.call("file_array_open", file, b"numbers", NUL, ctypes.byref(numbers))
        self.functions.strata_file_close(file)
        return numbers

    def read(self, numbers, start=0):
        out = (ctypes.c_int32 * (COUNT - start))()
        first, count = ctypes.c_uint64(start), ctypes.c_uint64(COUNT - start)
        status, message = self.status("array_read", numbers, ctypes.c_uint32(1), ctypes.byref(first), ctypes.byref(count), None,
                                      out, ctypes.c_size_t(ctypes.sizeof(out)), None)
        return status, out

    def close(self, numbers):
        self.functions.strata_array_close(numbers)


def make(library, path):
    file, numbers = ctypes.c_void_p(), ctypes.c_void_p()
    shape, chunk = ctypes.c_uint64(COUNT), ctypes.c_uint64(COUNT // 16)
    values = array.array("i", range(COUNT))
    address, size = values.buffer_info()
    library.call("file_create", None, path.encode(), NUL, None, None, ctypes.byref(file))
    library.call("file_define", file, b"numbers", NUL, ctypes.c_int32(4), ctypes.c_uint32(1), ctypes.byref(shape), ctypes.byref(chunk),
                 None, ctypes.c_int32(0), None, ctypes.c_size_t(0), None, ctypes.byref(numbers))
    library.call("array_write", numbers, ctypes.c_uint32(1), None, None, ctypes.c_void_p(address),
                 ctypes.c_size_t(size * values.itemsize), None)
    library.call("file_flush", file, None)
    library.functions.strata_array_close(numbers)
    library.functions.strata_file_close(file)


def is_whole(status, values):
    return status == OK and values[0] == 0 and values[COUNT - 1] == COUNT - 1 and sum(values) == COUNT * (COUNT - 1) // 2


def reads_anew(library_path, path):
    """In a child of whatever kind: True when what it opens itself can be read."""
    library = Library(library_path)
    numbers = library.open(path)
    whole = is_whole(*library.read(numbers))
    library.close(numbers)
    library.call("context_join", None, None)
    return whole


inherited = None  # what a forked child finds: the parent's library and handle


def forked_child(path):
    library, numbers = inherited
    if library.read(numbers)[0] != FORKED:
        return False
    library.close(numbers)
    return library.read(numbers)[0] == FORKED and reads_anew(library.path, path)


def main():
    global inherited
    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of what is tested here
    library, path = Library(sys.argv[1]), os.path.join(os.environ["STRATA_TEST_DIR"], "numbers.af")
    make(library, path)
    numbers = library.open(path)
    inherited = (library, numbers)
    stop, wrong = threading.Event(), []

    def keep_reading():
        while not stop.is_set():
            if library.read(numbers, 1)[0] != OK:
                wrong.append("a read of the parent's failed")

    readers = [threading.Thread(target=keep_reading) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(ROUNDS):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if forked_child(path) else 2
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        if status != 0:
            wrong.append(f"a child of os.fork ended with {status}")
    with multiprocessing.get_context("fork").Pool(3) as pool:
        if not all(pool.map(forked_child, [path] * 30)):
            wrong.append("a forked worker of multiprocessing")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        if not all(pool.starmap(reads_anew, [(library.path, path)] * 8)):
            wrong.append("a spawned worker of multiprocessing")
    stop.set()
    for reader in readers:
        reader.join()
    if not is_whole(*library.read(numbers)):
        wrong.append("the parent's own handle")
    library.close(numbers)
    library.call("context_join", None, None)
    for line in wrong[:5]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
