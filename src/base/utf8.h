// UTF-8 checks.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// Position of the first byte that is not part of well-formed UTF-8 (RFC 3629), or b.size() when all is well.
size_t utf8_invalid_at(Bytes b);
// kInvalid, naming `what` and the byte.
Status check_utf8(std::string_view what, std::string_view text);
inline bool is_utf8(Bytes b) { return utf8_invalid_at(b) == b.size(); }

// Replaces each maximal ill-formed part by U+FFFD, as Rust's String::from_utf8_lossy does (Unicode, section 3.9).
std::string utf8_lossy(Bytes b);

}  // namespace strata
