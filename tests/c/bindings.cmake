# The ABI from Go and Julia: what their runtimes do to a C library (threads that change between calls, memory that a
# collector moves or frees, column-major arrays) shows only there. Neither is run with sanitizers, whose runtime would have
# to be in the program first.
if(STRATA_SANITIZE OR NOT STRATA_INSTALL OR NOT EXISTS ${STRATA_VERSION_SCRIPT})
  return()
endif()

foreach(language go julia)
  strata_add_test(c_${language} ${CMAKE_CURRENT_LIST_DIR}/bindings ${language})
  set_tests_properties(c_${language} PROPERTIES SKIP_RETURN_CODE 77)
  set_property(TEST c_${language} APPEND PROPERTY ENVIRONMENT
    "STAGING=${PROJECT_BINARY_DIR}/tests/staging" "LIBDIR=${CMAKE_INSTALL_LIBDIR}" "VERSION=${PROJECT_VERSION}"
    "CC=${CMAKE_C_COMPILER}")
endforeach()
set_tests_properties(c_go PROPERTIES FIXTURES_REQUIRED staging)  # tests/pkg makes it
