// How much of a list of links one answer carries.
#pragma once

#include <cstddef>
#include <span>

namespace ocf::gateway {

// Of the links in their order, those from `first` up to `end`. Those before `first` do not fit into any
// answer; if there are any behind `end`, the answer leads on to them with one more link.
struct PageCut {
  std::size_t first = 0;
  std::size_t end = 0;
};

// `bytes`: what each link adds to an answer; `bytes_max`: what there is for them and for the link to the next
// page, which has `page_link_bytes`. Precondition: that alone fits.
PageCut cut_page(std::span<const std::size_t> bytes, std::size_t page_link_bytes, std::size_t bytes_max);

}  // namespace ocf::gateway
