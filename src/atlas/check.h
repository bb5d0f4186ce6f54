// Looking for damage in a whole store, and copying what can be read of one into another.
#pragma once

#include "atlas/store.h"
#include "file/salvage.h"

namespace strata {

// engine: of engine_for_checks. kNotFound: there is no store.
Status check_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                   bool with_data, Findings& findings, CancelToken* cancel);
// The newest whole commit, and everything where it belongs. Without consent the findings say what would be done. kCorrupt: no commit is
// whole.
Status repair_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, bool consent,
                    Findings& findings, CancelToken* cancel);
// Whether a salvage would find anything: kNotFound.
Status find_salvageable(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                        CancelToken* cancel);
// Findings of an array file, from number `from` on, as those of a store's array: in its file the arrays are called after the datasets.
void name_datasets(Findings& findings, size_t from, const std::string& array);
// to: empty; it is flushed.
Status salvage_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, Store& to,
                     Findings& findings, CancelToken* cancel);

}  // namespace strata
