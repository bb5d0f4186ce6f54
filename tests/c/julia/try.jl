# Calls libstrata from Julia as a program of its own would: an array file is written, read back and opened again, then a
# store of several datasets is read as one stack, checked and repaired, and two handles meet in a conflict. Julia's arrays are
# column-major, so a Julia matrix of size (6, 4) is an array of shape (4, 6), and nothing is transposed. Ends with 1 when anything
# is other than it should be.
const lib = ENV["STRATA_LIBRARY"]
const OK, E_RANGE, E_NOT_FOUND, E_CONFLICT = Int32(0), Int32(-3), Int32(-20), Int32(-22)
const CONFLICT_CHUNK = Int32(1)
const FLOAT64 = Int32(11)
const Handle = Ptr{Cvoid}

struct StrataError # the layout of strata_error
    struct_size::UInt32
    status::Int32
    os_error::Int32
    http_status::Int32
    message::NTuple{240,UInt8}
end
new_error() = Ref(StrataError(sizeof(StrataError), 0, 0, 0, ntuple(_ -> 0x00, 240)))
message(err) = String([c for c in err[].message if c != 0x00])
name_of(status) = unsafe_string(ccall((:strata_status_name, lib), Cstring, (Int32,), status))

# The error is the caller's own, so that it does not matter on which thread a task goes on.
function check(call, what, wanted = OK)
    err = new_error()
    status = call(err)
    status == wanted || error("$what: $(name_of(status)), not $(name_of(wanted)): $(message(err))")
    return message(err)
end

create_file(url, out) = check(err -> ccall((:strata_file_create, lib), Int32,
    (Handle, Cstring, Csize_t, Handle, Handle, Ref{Handle}, Ref{StrataError}),
    C_NULL, url, sizeof(url), C_NULL, C_NULL, out, err), "create $url")
open_file(url, out, wanted = OK) = check(err -> ccall((:strata_file_open, lib), Int32,
    (Handle, Cstring, Csize_t, Handle, Handle, Ref{Handle}, Ref{StrataError}),
    C_NULL, url, sizeof(url), C_NULL, C_NULL, out, err), "open $url", wanted)
write_all(array, values) = check(err -> ccall((:strata_array_write, lib), Int32,
    (Handle, UInt32, Ptr{UInt64}, Ptr{UInt64}, Ptr{Cvoid}, Csize_t, Handle, Ref{StrataError}),
    array, ndims(values), C_NULL, C_NULL, values, sizeof(values), C_NULL, err), "write")
read_part!(dst, array, start, count, wanted = OK) = check(err -> ccall((:strata_array_read, lib), Int32,
    (Handle, UInt32, Ptr{UInt64}, Ptr{UInt64}, Handle, Ptr{Cvoid}, Csize_t, Ptr{Csize_t}, Ref{StrataError}),
    array, length(start), start, count, C_NULL, dst, sizeof(dst), C_NULL, err), "read", wanted)

function try_file()
    file, array = Ref{Handle}(C_NULL), Ref{Handle}(C_NULL)
    url, shape = "från-julia.af", UInt64[4, 6]
    occursin(url, open_file(url, file, E_NOT_FOUND)) || error("the error does not name the file")
    create_file(url, file)
    check("define") do err
        ccall((:strata_file_define, lib), Int32,
            (Handle, Cstring, Csize_t, Int32, UInt32, Ptr{UInt64}, Ptr{UInt64}, Ptr{Cvoid}, Int32, Ptr{Cvoid}, Csize_t, Handle,
             Ref{Handle}, Ref{StrataError}),
            file[], "temperature", sizeof("temperature"), FLOAT64, 2, shape, C_NULL, C_NULL, 0, C_NULL, 0, C_NULL, array, err)
    end
    write_all(array[], reshape(collect(0.5:23.5), 6, 4))
    check(err -> ccall((:strata_file_flush, lib), Int32, (Handle, Handle, Ref{StrataError}), file[], C_NULL, err), "flush")
    ccall((:strata_file_close, lib), Cvoid, (Handle,), file[]) # before its child: the array holds the file
    ccall((:strata_array_close, lib), Cvoid, (Handle,), array[])

    open_file(url, file)
    check("open the array") do err
        ccall((:strata_file_array_open, lib), Int32, (Handle, Cstring, Csize_t, Ref{Handle}, Ref{StrataError}),
            file[], "temperature", sizeof("temperature"), array, err)
    end
    part = zeros(3, 2)
    read_part!(part, array[], UInt64[1, 2], UInt64[2, 3])
    part == [8.5 14.5; 9.5 15.5; 10.5 16.5] || error("other values came back: $part")
    read_part!(part, array[], UInt64[1, 2], UInt64[4, 3], E_RANGE)
    ccall((:strata_array_close, lib), Cvoid, (Handle,), array[])
    ccall((:strata_file_close, lib), Cvoid, (Handle,), file[])
end

function add_day(store, day, values)
    dataset, array = Ref{Handle}(C_NULL), Ref{Handle}(C_NULL)
    name = "day$day"
    check("create a dataset") do err
        ccall((:strata_store_dataset_create, lib), Int32, (Handle, Cstring, Csize_t, Ref{Handle}, Ref{StrataError}),
            store, name, sizeof(name), dataset, err)
    end
    check("define in a dataset") do err
        ccall((:strata_dataset_define, lib), Int32,
            (Handle, Cstring, Csize_t, Int32, UInt32, Ptr{UInt64}, Ptr{UInt64}, Ptr{Cvoid}, Int32, Ptr{Cvoid}, Csize_t, Handle,
             Ref{Handle}, Ref{StrataError}),
            dataset[], "t", 1, FLOAT64, 1, UInt64[length(values)], C_NULL, C_NULL, 0, C_NULL, 0, C_NULL, array, err)
    end
    write_all(array[], values)
    ccall((:strata_array_close, lib), Cvoid, (Handle,), array[])
    ccall((:strata_dataset_close, lib), Cvoid, (Handle,), dataset[])
end

# @threadcall runs the call on another thread while Julia's goes on: nothing may be tied to the thread that asks.
stack!(dst, statuses, store, start, count, err) = @threadcall((:strata_store_read_stacked, lib), Int32,
    (Handle, Ptr{UInt8}, Csize_t, Ptr{Cvoid}, UInt64, UInt32, Ptr{UInt64}, Ptr{UInt64}, Handle, Ptr{Cvoid}, Csize_t,
     Ptr{Csize_t}, Ptr{Int32}, Ptr{StrataError}),
    store, "t", 1, C_NULL, length(statuses), 1, start, count, C_NULL, dst, sizeof(dst), C_NULL, statuses, err)

function try_store()
    days, url, store = 5, "store-julia", Ref{Handle}(C_NULL)
    check(err -> ccall((:strata_store_create, lib), Int32,
        (Handle, Cstring, Csize_t, Handle, Handle, Ref{Handle}, Ref{StrataError}),
        C_NULL, url, sizeof(url), C_NULL, C_NULL, store, err), "create a store")
    foreach(day -> add_day(store[], day, collect(100.0day .+ (0:7))), 0:days-1)
    check(err -> ccall((:strata_store_flush, lib), Int32, (Handle, Handle, Ref{StrataError}), store[], C_NULL, err), "flush")
    ccall((:strata_store_close, lib), Cvoid, (Handle,), store[])

    check(err -> ccall((:strata_store_open, lib), Int32,
        (Handle, Cstring, Csize_t, Handle, Handle, Ref{Handle}, Ref{StrataError}),
        C_NULL, url, sizeof(url), C_NULL, C_NULL, store, err), "open the store")
    @sync for first in 0:3
        @async begin
            stack, statuses = zeros(3, days), fill(Int32(-1), days)
            check(err -> stack!(stack, statuses, store[], UInt64[first], UInt64[3], err), "stack")
            all(statuses .== OK) || error("statuses: $statuses")
            stack == [100.0day + first + i for i in 0:2, day in 0:days-1] || error("other values came back: $stack")
        end
    end
    ccall((:strata_store_close, lib), Cvoid, (Handle,), store[])
end

struct Finding # the layout of strata_finding
    struct_size::UInt32
    kind::Int32
    severity::Int32
    reserved::UInt32
    chunk::UInt64
    object::Ptr{UInt8}
    dataset::Ptr{UInt8}
    array::Ptr{UInt8}
    text::Ptr{UInt8}
    effect::Ptr{UInt8}
end

# What a check or a repair has found: paths and texts.
function findings(call, what)
    report = Ref{Handle}(C_NULL)
    check(err -> call(report, err), what)
    found = map(1:ccall((:strata_report_count, lib), UInt64, (Handle,), report[])) do i
        f = Ref(Finding(sizeof(Finding), 0, 0, 0, 0, C_NULL, C_NULL, C_NULL, C_NULL, C_NULL))
        check("read a finding") do err
            ccall((:strata_report_get, lib), Int32, (Handle, UInt64, Ref{Finding}, Ref{StrataError}), report[], i - 1, f, err)
        end
        unsafe_string(f[].object) * ": " * unsafe_string(f[].text)
    end
    ccall((:strata_report_close, lib), Cvoid, (Handle,), report[])
    return found
end

function try_reports()
    url = "store-julia"
    look() = findings("check") do report, err
        ccall((:strata_check, lib), Int32, (Handle, Cstring, Csize_t, UInt32, Handle, Ref{Handle}, Ref{StrataError}),
            C_NULL, url, sizeof(url), 0, C_NULL, report, err)
    end
    isempty(look()) || error("the store is damaged: $(look())")
    rm(joinpath(url, "atlas.json"))
    found = look()
    length(found) == 1 && occursin("atlas.json", found[1]) || error("the registry is not missed: $found")
    found = findings("repair") do report, err
        ccall((:strata_repair, lib), Int32, (Handle, Cstring, Csize_t, UInt32, Handle, Ref{Handle}, Ref{StrataError}),
            C_NULL, url, sizeof(url), 2, C_NULL, report, err)
    end
    length(found) == 2 && isempty(look()) || error("the registry was not restored: $found")
end

struct Commit # the layout of strata_commit
    struct_size::UInt32
    kind::Int32
    seq::UInt64
    time_ns::Int64
    datasets::UInt64
    removed::UInt64
    arrays::UInt64
    id::Ptr{UInt8}
    parent::Ptr{UInt8}
    message::Ptr{UInt8}
    bytes::UInt64
end

struct Conflict # the layout of strata_conflict
    struct_size::UInt32
    kind::Int32
    dataset::Ptr{UInt8}
    array::Ptr{UInt8}
    attribute::Ptr{UInt8}
    chunk::Ptr{UInt32}
    chunk_ndim::UInt64
end

# The commits of a file or store, the newest first. `call` fills in the handle of the log.
function commits(call)
    log = Ref{Handle}(C_NULL)
    check(err -> call(log, err), "log")
    found = map(1:ccall((:strata_log_count, lib), UInt64, (Handle,), log[])) do i
        c = Ref(Commit(sizeof(Commit), 0, 0, 0, 0, 0, 0, C_NULL, C_NULL, C_NULL, 0))
        check("read a commit") do err
            ccall((:strata_log_get, lib), Int32, (Handle, UInt64, Ref{Commit}, Ref{StrataError}), log[], i - 1, c, err)
        end
        (seq = c[].seq, datasets = c[].datasets, arrays = c[].arrays, id = unsafe_string(c[].id), parent = unsafe_string(c[].parent))
    end
    ccall((:strata_log_close, lib), Cvoid, (Handle,), log[])
    return found
end
file_log(file) = commits() do log, err
    ccall((:strata_file_log, lib), Int32, (Handle, UInt64, Handle, Ref{Handle}, Ref{StrataError}), file, 0, C_NULL, log, err)
end
store_log(store) = commits() do log, err
    ccall((:strata_store_log, lib), Int32, (Handle, UInt64, Handle, Ref{Handle}, Ref{StrataError}), store, 0, C_NULL, log, err)
end

# What a flush was refused for. Places of chunks are reversed, as the dimensions are, and begin with 1.
function conflicts(call)
    list = Ref{Handle}(C_NULL)
    check(err -> call(list, err), "conflicts")
    found = map(1:ccall((:strata_conflict_list_count, lib), UInt64, (Handle,), list[])) do i
        c = Ref(Conflict(sizeof(Conflict), 0, C_NULL, C_NULL, C_NULL, C_NULL, 0))
        check("read a conflict") do err
            ccall((:strata_conflict_list_get, lib), Int32, (Handle, UInt64, Ref{Conflict}, Ref{StrataError}), list[], i - 1, c, err)
        end
        chunk = c[].chunk == C_NULL ? Int[] : reverse(Int.(unsafe_wrap(Array, c[].chunk, c[].chunk_ndim))) .+ 1
        (kind = c[].kind, dataset = unsafe_string(c[].dataset), array = unsafe_string(c[].array), chunk = chunk)
    end
    ccall((:strata_conflict_list_close, lib), Cvoid, (Handle,), list[])
    return found
end
file_conflicts(file) = conflicts() do list, err
    ccall((:strata_file_conflict_list, lib), Int32, (Handle, Ref{Handle}, Ref{StrataError}), file, list, err)
end
store_conflicts(store) = conflicts() do list, err
    ccall((:strata_store_conflict_list, lib), Int32, (Handle, Ref{Handle}, Ref{StrataError}), store, list, err)
end

# Two handles change one chunk: the second flush is refused, says why, and has no commit in the log.
function try_file_conflict()
    url, handles, arrays = "från-julia.af", [Ref{Handle}(C_NULL) for _ in 1:2], [Ref{Handle}(C_NULL) for _ in 1:2]
    for (file, array) in zip(handles, arrays)
        open_file(url, file)
        check("open the array") do err
            ccall((:strata_file_array_open, lib), Int32, (Handle, Cstring, Csize_t, Ref{Handle}, Ref{StrataError}),
                file[], "temperature", sizeof("temperature"), array, err)
        end
        write_all(array[], fill(Float64(file === handles[1]), 6, 4))
    end
    flush(file, wanted) =
        check(err -> ccall((:strata_file_flush, lib), Int32, (Handle, Handle, Ref{StrataError}), file, C_NULL, err), "flush", wanted)
    before = length(file_log(handles[1][]))
    flush(handles[1][], OK)
    isempty(file_conflicts(handles[1][])) || error("conflicts that nobody made")
    flush(handles[2][], E_CONFLICT)
    found = file_conflicts(handles[2][])
    found == [(kind = CONFLICT_CHUNK, dataset = "", array = "temperature", chunk = [1, 1])] || error("other conflicts: $found")
    log = file_log(handles[2][])
    length(log) == before + 1 && log[1].arrays == 1 && log[1].seq == log[2].seq + 1 || error("another log: $log")
    length(log[1].id) == 32 || error("a commit without its id: $log")
    for handle in arrays
        ccall((:strata_array_close, lib), Cvoid, (Handle,), handle[])
    end
    for handle in handles
        ccall((:strata_file_close, lib), Cvoid, (Handle,), handle[])
    end
end

function try_store_conflict()
    url, handles = "store-julia", [Ref{Handle}(C_NULL) for _ in 1:2]
    for store in handles
        check(err -> ccall((:strata_store_open, lib), Int32,
            (Handle, Cstring, Csize_t, Handle, Handle, Ref{Handle}, Ref{StrataError}),
            C_NULL, url, sizeof(url), C_NULL, C_NULL, store, err), "open the store")
    end
    flush(store, wanted) =
        check(err -> ccall((:strata_store_flush, lib), Int32, (Handle, Handle, Ref{StrataError}), store, C_NULL, err), "flush", wanted)
    for (store, values) in zip(handles, ([1.0, 2.0], [1.0, 2.0, 3.0]))
        add_day(store[], 9, values)
    end
    before = store_log(handles[1][])
    flush(handles[1][], OK)
    isempty(store_conflicts(handles[1][])) || error("conflicts that nobody made")
    flush(handles[2][], E_CONFLICT)
    found = store_conflicts(handles[2][])
    !isempty(found) && all(c -> c.dataset == "day9" && c.array in ("", "t"), found) || error("other conflicts: $found")
    log = store_log(handles[2][])
    length(log) == length(before) + 1 && log[1].datasets == 1 && log[1].parent == before[1].id || error("another log: $log")
    for store in handles
        ccall((:strata_store_close, lib), Cvoid, (Handle,), store[])
    end
end

version = unsafe_string(ccall((:strata_version, lib), Cstring, ()))
version == ARGS[1] || error("another version: $version")
try_file()
try_store()
try_reports()
try_file_conflict()
try_store_conflict()
GC.gc() # whatever the library kept of Julia's memory would be gone now
println("strata $version from Julia $VERSION")
