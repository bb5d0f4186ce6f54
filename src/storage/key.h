// What a key may look like. Every kind of storage refuses the same ones, so that a file can move between them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace strata {

// kInvalid for an empty key, NUL bytes, and segments that are empty, "." or ".." or longer than 255 bytes: nothing that
// comes out of a file can lead out of the root.
Status check_key(std::string_view key);
// The same for a folder, where "" is the root.
Status check_folder(std::string_view folder);

// The one segment of a key that stands for `name`, percent-encoded as the original does. Never empty unless `name` is,
// never "." or "..", without '/'; other bytes than printable ASCII do not occur in it.
std::string encode_segment(std::string_view name);
// The name that `segment` stands for; nothing: none is encoded like that.
std::optional<std::string> decode_segment(std::string_view segment);

}  // namespace strata
