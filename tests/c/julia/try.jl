# Calls libstrata from Julia as a program of its own would: an array file is written, read back and opened again, then a
# store of several datasets is read as one stack. Julia's arrays are column-major, so a Julia matrix of size (6, 4) is an
# array of shape (4, 6), and nothing is transposed. Ends with 1 when anything is other than it should be.
const lib = ENV["STRATA_LIBRARY"]
const OK, E_RANGE, E_NOT_FOUND = Int32(0), Int32(-3), Int32(-20)
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

version = unsafe_string(ccall((:strata_version, lib), Cstring, ()))
version == ARGS[1] || error("another version: $version")
try_file()
try_store()
try_reports()
GC.gc() # whatever the library kept of Julia's memory would be gone now
println("strata $version from Julia $VERSION")
