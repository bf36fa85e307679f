// What GET /oic/res is answered, when it is asked and whenever an observation of it is due.
#pragma once

#include "gateway/endpoint.hpp"
#include "gateway/endpoints/discovery_query.hpp"

#include <cstdint>

namespace ocf::gateway {

struct Discovery {
  explicit Discovery(Answer answer_) : answer(std::move(answer_)) {}
  Answer answer;              // 2.05, or a refusal
  std::uint64_t content = 0;  // differs when what was found does, on this page or on another
};

// What the caller may find now. Longer than the peer can take: a page, which leads on to the next.
awaitable<Discovery> find_links(Exchange& exchange, cloud::Caller caller, DiscoveryQuery query);

}  // namespace ocf::gateway
