#include "gateway/endpoints/discovery_page.hpp"

#include <numeric>

namespace ocf::gateway {

PageCut cut_page(std::span<const std::size_t> bytes, std::size_t page_link_bytes, std::size_t bytes_max) {
  PageCut cut;
  std::size_t rest = std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
  for (; cut.first < bytes.size(); rest -= bytes[cut.first++]) {
    cut.end = bytes.size();
    if (rest <= bytes_max) return cut;
    cut.end = cut.first;
    for (std::size_t used = page_link_bytes; cut.end < bytes.size(); ++cut.end) {
      used += bytes[cut.end];
      if (used > bytes_max) break;
    }
    if (cut.end > cut.first) return cut;
  }
  cut.end = cut.first;
  return cut;
}

}  // namespace ocf::gateway
