#include "base/printable.hpp"

#include "base/bytes.hpp"

namespace ocf {

std::string printable(std::string_view text, std::size_t length_max) {
  std::string line;
  for (const char letter : text.substr(0, length_max)) {
    if (letter >= ' ' && letter <= '~') {
      line += letter;
    } else {
      line += '%' + to_hex(as_bytes({&letter, 1}));
    }
  }
  if (text.size() > length_max) line += "...";
  return line;
}

}  // namespace ocf
