#include "gateway/endpoints/discovery_query.hpp"

#include <algorithm>
#include <vector>

namespace ocf::gateway {
namespace {

struct Term {
  std::string_view name;
  std::string_view value;
};

std::vector<Term> terms_of(const std::vector<std::string>& queries) {
  std::vector<Term> terms;
  for (std::string_view rest : queries) {
    while (!rest.empty()) {
      const std::string_view term = rest.substr(0, rest.find_first_of("&;"));
      rest.remove_prefix(std::min(term.size() + 1, rest.size()));
      const std::size_t equals = std::min(term.find('='), term.size());
      if (equals < term.size()) terms.push_back({term.substr(0, equals), term.substr(equals + 1)});
    }
  }
  return terms;
}

// What may stand in the value of a query (RFC 3986 §3.4), without what separates queries.
bool stands_in_query(char letter) {
  constexpr std::string_view others = "-._~!$'()*+,=:@/?";
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter || (letter >= '0' && letter <= '9') || others.find(letter) != others.npos;
}

void append_encoded(std::string& text, std::string_view value) {
  for (const char letter : value) {
    if (stands_in_query(letter)) {
      text += letter;
    } else {
      text += '%' + to_hex(as_bytes({&letter, 1}));
    }
  }
}

// The empty text: it is understood.
std::string take(const Term& term, DiscoveryQuery& query) {
  if (term.name == "rt") {
    query.filter.resource_types.emplace_back(term.value);
  } else if (term.name == "di" || term.name == "sduuid") {
    const auto device = DeviceId::parse(term.value);
    if (!device) return device.error().message();
    query.filter.devices.push_back(*device);
  } else if (term.name == "if") {
    if (term.value == "oic.if.ll") {
      query.form = DiscoveryForm::link_list;
    } else if (term.value == "oic.if.baseline") {
      query.form = DiscoveryForm::baseline;
    } else if (term.value == "oic.if.b") {
      query.form = DiscoveryForm::batch;
    } else {
      return "the interfaces of /oic/res are oic.if.ll, oic.if.b and oic.if.baseline";
    }
  } else if (term.name == "page") {
    query.after = PageCursor::parse(term.value);
    return query.after ? "" : "this is no page of /oic/res";
  }
  if (!query.filters.empty()) query.filters += '&';
  append_encoded(query.filters, term.name);
  query.filters += '=';
  append_encoded(query.filters, term.value);
  return "";
}

}  // namespace

std::string PageCursor::text() const {
  Bytes bytes(device.bytes().begin(), device.bytes().end());
  const auto number = static_cast<std::uint64_t>(instance);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  return to_base64url(bytes);
}

std::optional<PageCursor> PageCursor::parse(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != 24) return std::nullopt;
  const ByteView view(*bytes);
  std::uint64_t number = 0;
  for (const std::uint8_t byte : view.subspan(16)) number = number << 8 | byte;
  return PageCursor{DeviceId::of(view.first<16>()), static_cast<std::int64_t>(number)};
}

std::string DiscoveryQuery::page_href(const PageCursor& cursor) const {
  return "/oic/res?" + filters + (filters.empty() ? "" : "&") + "page=" + cursor.text();
}

std::variant<DiscoveryQuery, BadQuery> parse_discovery_query(const coap::Message& request) {
  DiscoveryQuery query;
  const std::vector<std::string> queries = request.queries();
  for (const Term& term : terms_of(queries)) {
    if (std::string why = take(term, query); !why.empty()) return BadQuery{std::move(why)};
  }
  const bool wants_oic_1_1 = request.uint(coap::OptionNumber::accept) == coap::content_format::cbor;
  if (wants_oic_1_1 && query.form != DiscoveryForm::batch) query.form = DiscoveryForm::by_device;
  return query;
}

}  // namespace ocf::gateway
