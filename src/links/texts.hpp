// How much text a publication may have, for it is stored whole: what real devices publish is far below.
#pragma once

#include "ocf/link.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace ocf::links {

// Of the device's name, and of each title, type and interface of a link.
inline constexpr std::size_t text_bytes_max = 256;
// Types, or interfaces, of one link.
inline constexpr std::size_t texts_max = 32;

inline bool is_too_long(const std::string& text) { return text.size() > text_bytes_max; }
inline bool is_too_long(const std::vector<std::string>& texts) {
  return texts.size() > texts_max ||
         std::any_of(texts.begin(), texts.end(), [](const std::string& text) { return is_too_long(text); });
}
inline bool is_too_long(const Link& link) {
  return is_too_long(link.title) || is_too_long(link.resource_types) || is_too_long(link.interfaces);
}

}  // namespace ocf::links
