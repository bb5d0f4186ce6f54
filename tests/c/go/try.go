// Command try calls libstrata from Go as a program of its own would: an array file is written, read back and opened again,
// then a store of several datasets is read as one stack, from many goroutines at once. It ends with 1 when anything is
// other than it should be.
package main

/*
#cgo pkg-config: strata
#include <strata/strata.h>
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// call runs one function of the ABI. The error is the caller's own, so that it does not matter on which thread the
// goroutine goes on.
func call(what string, wanted C.strata_status, f func(err *C.strata_error) C.strata_status) string {
	var err C.strata_error
	C.strata_error_init(&err)
	if status := f(&err); status != wanted {
		fmt.Fprintf(os.Stderr, "%s: %s, not %s: %s\n", what, C.GoString(C.strata_status_name(status)),
			C.GoString(C.strata_status_name(wanted)), C.GoString(&err.message[0]))
		os.Exit(1)
	}
	return C.GoString(&err.message[0])
}

func expect(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(1)
	}
}

// text gives a string to C without a copy: pointer and length, no NUL at the end.
func text(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

func bytesOf[T any](v []T) (unsafe.Pointer, C.size_t) {
	return unsafe.Pointer(unsafe.SliceData(v)), C.size_t(uintptr(len(v)) * unsafe.Sizeof(v[0]))
}

func ramp(n int, first float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = first + float64(i)
	}
	return v
}

func tryFile() {
	url, urlLen := text("från-go.af")
	name, nameLen := text("temperature")
	shape := []C.uint64_t{4, 6}
	values := ramp(24, 0.5)
	src, srcSize := bytesOf(values)
	var file *C.strata_file
	var array *C.strata_array

	message := call("open what is not there", C.STRATA_E_NOT_FOUND, func(err *C.strata_error) C.strata_status {
		return C.strata_file_open(nil, url, urlLen, nil, nil, &file, err)
	})
	expect(file == nil && strings.Contains(message, "från-go.af"), "the error does not name the file: "+message)
	call("create", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_file_create(nil, url, urlLen, nil, nil, &file, err)
	})
	call("define", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_file_define(file, name, nameLen, C.STRATA_FLOAT64, 2, &shape[0], nil, nil, C.STRATA_TYPE_NONE, nil, 0,
			nil, &array, err)
	})
	call("write", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_array_write(array, 2, nil, nil, src, srcSize, nil, err)
	})
	call("flush", C.STRATA_OK, func(err *C.strata_error) C.strata_status { return C.strata_file_flush(file, nil, err) })
	C.strata_file_close(file) // before its child: the array holds the file
	C.strata_array_close(array)

	call("open", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_file_open(nil, url, urlLen, nil, nil, &file, err)
	})
	call("open the array", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_file_array_open(file, name, nameLen, &array, err)
	})
	start, count := []C.uint64_t{1, 2}, []C.uint64_t{2, 3}
	part := make([]float64, 6)
	dst, dstCap := bytesOf(part)
	call("read", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_array_read(array, 2, &start[0], &count[0], nil, dst, dstCap, nil, err)
	})
	expect(slices.Equal(part, []float64{8.5, 9.5, 10.5, 14.5, 15.5, 16.5}), fmt.Sprint("other values came back: ", part))
	count[0] = 4
	call("read beyond the shape", C.STRATA_E_RANGE, func(err *C.strata_error) C.strata_status {
		return C.strata_array_read(array, 2, &start[0], &count[0], nil, dst, dstCap, nil, err)
	})
	C.strata_array_close(array)
	C.strata_file_close(file)
}

func tryStore() {
	const days, hours = 5, 8
	url, urlLen := text("store-go")
	name, nameLen := text("t")
	shape := []C.uint64_t{hours}
	var store *C.strata_store
	call("create a store", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_store_create(nil, url, urlLen, nil, nil, &store, err)
	})
	for day := 0; day < days; day++ {
		dayName, dayNameLen := text(fmt.Sprintf("day%d", day))
		values := ramp(hours, float64(100*day))
		src, srcSize := bytesOf(values)
		var dataset *C.strata_dataset
		var array *C.strata_array
		call("create a dataset", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
			return C.strata_store_dataset_create(store, dayName, dayNameLen, &dataset, err)
		})
		call("define in a dataset", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
			return C.strata_dataset_define(dataset, name, nameLen, C.STRATA_FLOAT64, 1, &shape[0], nil, nil,
				C.STRATA_TYPE_NONE, nil, 0, nil, &array, err)
		})
		call("write in a dataset", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
			return C.strata_array_write(array, 1, nil, nil, src, srcSize, nil, err)
		})
		C.strata_array_close(array)
		C.strata_dataset_close(dataset)
	}
	call("flush the store", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_store_flush(store, nil, err)
	})
	C.strata_store_close(store)

	call("open the store", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_store_open(nil, url, urlLen, nil, nil, &store, err)
	})
	var readers sync.WaitGroup
	for reader := 0; reader < 8; reader++ {
		readers.Add(1)
		go func(reader int) {
			defer readers.Done()
			start, count := []C.uint64_t{C.uint64_t(reader % 4)}, []C.uint64_t{3}
			stack, statuses := make([]float64, days*3), make([]C.strata_status, days)
			dst, dstCap := bytesOf(stack)
			call("stack", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
				return C.strata_store_read_stacked(store, name, nameLen, nil, days, 1, &start[0], &count[0], nil, dst, dstCap, nil,
					&statuses[0], err)
			})
			for day := 0; day < days; day++ {
				row := stack[3*day : 3*day+3]
				expect(statuses[day] == C.STRATA_OK && slices.Equal(row, ramp(3, float64(100*day+reader%4))),
					fmt.Sprint("other values came back in row ", day, ": ", row))
			}
		}(reader)
	}
	readers.Wait()
	C.strata_store_close(store)
}

// tryReports looks for damage in what was written, repairs it, and reads the commits and conflicts of the store.
func tryReports() {
	url, urlLen := text("store-go")
	look := func(what string, run func(report **C.strata_report, err *C.strata_error) C.strata_status) []string {
		var report *C.strata_report
		call(what, C.STRATA_OK, func(err *C.strata_error) C.strata_status { return run(&report, err) })
		defer C.strata_report_close(report)
		var found []string
		for i := C.uint64_t(0); i < C.strata_report_count(report); i++ {
			finding := C.strata_finding{struct_size: C.uint32_t(unsafe.Sizeof(C.strata_finding{}))}
			call("read a finding", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
				return C.strata_report_get(report, i, &finding, err)
			})
			found = append(found, fmt.Sprint(finding.kind, " ", C.GoString(finding.object), ": ", C.GoString(finding.text)))
		}
		return found
	}
	check := func() []string {
		return look("check", func(report **C.strata_report, err *C.strata_error) C.strata_status {
			return C.strata_check(nil, url, urlLen, 0, nil, report, err)
		})
	}
	expect(len(check()) == 0, fmt.Sprint("the store is damaged: ", check()))
	expect(os.Remove("store-go/atlas.json") == nil, "there is no registry")
	found := check()
	expect(len(found) == 1 && strings.Contains(found[0], "atlas.json"), fmt.Sprint("the registry is not missed: ", found))
	found = look("repair", func(report **C.strata_report, err *C.strata_error) C.strata_status {
		return C.strata_repair(nil, url, urlLen, C.STRATA_REPAIR_CONSENT, nil, report, err)
	})
	expect(len(found) == 2 && len(check()) == 0, fmt.Sprint("the registry was not restored: ", found))

	var store *C.strata_store
	var log *C.strata_log
	var conflicts *C.strata_conflict_list
	call("open the store", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_store_open(nil, url, urlLen, nil, nil, &store, err)
	})
	call("log", C.STRATA_OK, func(err *C.strata_error) C.strata_status { return C.strata_store_log(store, 0, nil, &log, err) })
	commit := C.strata_commit{struct_size: C.uint32_t(unsafe.Sizeof(C.strata_commit{}))}
	call("read a commit", C.STRATA_OK, func(err *C.strata_error) C.strata_status { return C.strata_log_get(log, 0, &commit, err) })
	expect(commit.seq == 1 && commit.datasets == 5 && len(C.GoString(commit.id)) == 32, fmt.Sprint("another commit: ", commit))
	call("conflicts", C.STRATA_OK, func(err *C.strata_error) C.strata_status {
		return C.strata_store_conflict_list(store, &conflicts, err)
	})
	expect(C.strata_conflict_list_count(conflicts) == 0, "conflicts that nobody made")
	C.strata_conflict_list_close(conflicts)
	C.strata_log_close(log)
	C.strata_store_close(store)
}

func main() {
	expect(C.GoString(C.strata_version()) == os.Args[1], "another version: "+C.GoString(C.strata_version()))
	tryFile()
	tryStore()
	tryReports()
	runtime.GC() // whatever the library kept of Go's memory would be gone now
	fmt.Println("strata", os.Args[1], "from", runtime.Version())
}
