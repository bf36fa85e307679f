// Any bytes, as content and as text: hexadecimal and base64url go there and back, each text is the only one
// for its bytes, and what is printable is so whatever it was made of.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/printable.hpp"

#include <algorithm>

namespace ocf {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const std::string_view text = as_text(input);

  OCF_ASSERT(from_hex(to_hex(input)) == copy_of(input), "what was written in hex reads as the same bytes");
  OCF_ASSERT(from_base64url(to_base64url(input)) == copy_of(input),
             "what was written in base64url reads as the same bytes");
  if (const auto bytes = from_base64url(text)) {
    OCF_ASSERT(to_base64url(*bytes) == text, "bytes have one base64url text");
  }
  if (const auto bytes = from_hex(text)) {
    const std::string lower = to_hex(*bytes);
    OCF_ASSERT(std::equal(lower.begin(), lower.end(), text.begin(), text.end(),
                          [](char ours, char theirs) { return ours == theirs || ours == (theirs | 0x20); }),
               "bytes have one hexadecimal text, but for its case");
  }

  const std::string shown = printable(text, 64);
  OCF_ASSERT(std::all_of(shown.begin(), shown.end(), [](char c) { return c >= ' ' && c <= '~'; }),
             "no peer writes lines of the log");
  OCF_ASSERT(shown.size() <= 3 * 64 + 3, "what is printed is bounded");
  return 0;
}

}  // namespace ocf
