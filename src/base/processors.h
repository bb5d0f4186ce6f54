// How many processors this process may use.
#pragma once

#include <sched.h>

#include <string>

namespace strata {

// The processors that the calling thread may run on. false: the system does not say.
bool thread_affinity(cpu_set_t& set);

// Those of the thread's affinity, or fewer where a control group lets this process have less time than they offer; at least 1.
unsigned available_processors();

// As many processors as the control groups of this process leave it time of, rounded up; 0: any number. root: what stands before /proc and
// /sys, for tests.
unsigned processors_of_quota(const std::string& root);

}  // namespace strata
