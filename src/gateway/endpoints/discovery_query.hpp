// What GET /oic/res asks for: which links, in which form, and behind which link a further page begins.
#pragma once

#include "coap/message.hpp"
#include "directory/directory.hpp"
#include "ocf/payloads.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ocf::gateway {

// The link behind which a page begins, in the order of device and instance. That stays the place it is though
// links come and go meanwhile.
struct PageCursor {
  DeviceId device;
  std::int64_t instance = 0;

  static constexpr std::size_t letters = 32;
  std::string text() const;  // base64url; always that many letters
  static std::optional<PageCursor> parse(std::string_view text);

  friend auto operator<=>(const PageCursor&, const PageCursor&) = default;
};

struct DiscoveryQuery {
  directory::Filter filter;
  DiscoveryForm form = DiscoveryForm::link_list;
  std::optional<PageCursor> after;
  std::string filters;  // the query without `page`, as it stands in a URI

  // Where the page behind a link is: "/oic/res?rt=core.light&page=…".
  std::string page_href(const PageCursor& cursor) const;
  // A batch changes with every value of every device, a page is a part: neither is observed.
  bool is_observable() const { return form != DiscoveryForm::batch && !after; }
};
struct BadQuery {
  std::string why;
};

// rt (any of several), di or sduuid (any of several), if, page; others are ignored. Old clients put several
// into one Uri-Query option, with '&' or ';' between them.
std::variant<DiscoveryQuery, BadQuery> parse_discovery_query(const coap::Message& request);

}  // namespace ocf::gateway
