// Texts and numbers as JSON and the diagnostic notation both write them. Private to this module.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ocf::cbor {

// A text in double quotes, with JSON's escapes.
void append_quoted(std::string& out, std::string_view text);

// A finite number in the fewest digits that read back as the same one; always told from an integer.
std::string float_text(double value);

// -1 - argument, which 64 bits may not hold.
std::string negative_text(std::uint64_t argument);

}  // namespace ocf::cbor
