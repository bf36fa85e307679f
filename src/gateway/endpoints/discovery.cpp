#include "gateway/endpoints/discovery.hpp"

#include "cbor/cbor.hpp"
#include "gateway/connection.hpp"
#include "gateway/endpoints/discovery_page.hpp"
#include "gateway/fault.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace ocf::gateway {
namespace {

using coap::Code;

struct Found {
  PageCursor at;
  Href href;
  DiscoveryEntry entry;
};

bool is_cbor(const resource::Content& content) {
  const bool says_so =
      content.format == coap::content_format::ocf_cbor || content.format == coap::content_format::cbor;
  if (!says_so || !content.bytes) return false;
  // Within its limits it was when it came; they may be others now. An item has at least a byte.
  const std::size_t bytes = content.bytes->size();
  return cbor::check(*content.bytes, {.depth_max = bytes, .items_max = bytes}).has_value();
}

Found found_of(const directory::FoundLink& link, DiscoveryEntry entry) {
  return {{link.device.device, link.link.instance}, link.link.href, std::move(entry)};
}

awaitable<Result<std::vector<Found>>> find(Exchange& exchange, cloud::Caller caller, DiscoveryQuery query) {
  std::vector<Found> all;
  const Advertisement advertisement = exchange.connection.advertisement();
  if (query.form == DiscoveryForm::batch) {
    const auto found =
        co_await exchange.cloud.find_representations(std::move(caller), std::move(query.filter));
    if (!found) co_return found.error();
    for (const auto& [link, representation] : *found) {
      if (!is_cbor(representation.content)) continue;
      const DiscoveredLink discovered{link.device.device, link.link, {}};
      all.push_back(
          found_of(link, encode_representation(discovered, advertisement, *representation.content.bytes)));
    }
  } else {
    const auto found = co_await exchange.cloud.find(std::move(caller), std::move(query.filter));
    if (!found) co_return found.error();
    for (const directory::FoundLink& link : *found) {
      const DiscoveredLink discovered{link.device.device, link.link, {}};
      all.push_back(found_of(link, encode_link(discovered, advertisement, query.form)));
    }
  }
  co_return all;
}

// FNV-1a over everything that was found.
std::uint64_t content_of(const std::vector<Found>& all) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Found& found : all) {
    for (const std::uint8_t byte : found.entry.bytes) hash = (hash ^ byte) * 0x100000001b3;
  }
  return hash;
}

// The last link of a page that is not the last. Clients pass over it, as over any other type that they do not
// look for.
DiscoveryEntry page_link(Exchange& exchange, const DiscoveryQuery& query, const PageCursor& cursor) {
  DiscoveredLink page;
  if (const auto hub = DeviceId::parse(exchange.cloud.gateway_id())) page.device = *hub;
  page.link.href = Href(query.page_href(cursor));
  page.link.resource_types = {"x.ocf.cloud.page"};
  page.link.interfaces = {"oic.if.ll"};
  Advertisement advertisement;
  advertisement.endpoints.push_back(exchange.connection.advertised_endpoint());
  if (query.form != DiscoveryForm::batch) return encode_link(page, advertisement, query.form);
  Bytes representation;
  cbor::Writer writer(representation);
  writer.map(1).text("rt").array(1).text(page.link.resource_types.front());
  return encode_representation(page, advertisement, representation);
}

std::vector<std::size_t> sizes_of(const std::vector<Found>& all, DiscoveryForm form) {
  std::vector<std::size_t> sizes;
  const DeviceId* device = nullptr;
  for (const Found& found : all) {
    const bool begins_device = device == nullptr || *device != found.at.device;
    device = &found.at.device;
    sizes.push_back(found.entry.bytes.size());
    if (form == DiscoveryForm::by_device && begins_device) sizes.back() += discovery_device_bytes_max;
  }
  return sizes;
}

void note_too_long(Exchange& exchange, const Found& found) {
  const Code code = Code::request_entity_too_large;
  exchange.connection.note_refusal(exchange.request, code, fault_of(exchange.request, code),
                                   "the link " + found.href.text() + " of " + found.at.device.text() +
                                       " is longer than the peer can take and was left out");
}

Answer respond_with(Exchange& exchange, DiscoveryForm form, std::span<const DiscoveryEntry> entries) {
  return respond(exchange.request, Code::content, encode_discovery(entries, form));
}

// nullopt: it is too long, or a page was asked for.
std::optional<Answer> whole_answer(Exchange& exchange, const DiscoveryQuery& query,
                                   const std::vector<Found>& all, std::size_t bytes_max) {
  if (query.after) return std::nullopt;
  std::size_t bytes = 0;
  for (const Found& found : all) bytes += found.entry.bytes.size();
  if (bytes > bytes_max) return std::nullopt;
  std::vector<DiscoveryEntry> entries;
  for (const Found& found : all) entries.push_back(found.entry);
  Answer answer = respond_with(exchange, query.form, entries);
  if (answer.message.payload.size() > bytes_max) return std::nullopt;
  return answer;
}

Answer answer_with(Exchange& exchange, const DiscoveryQuery& query, std::vector<Found> all) {
  const std::size_t bytes_max = exchange.connection.answer_payload_bytes_max();
  if (auto whole = whole_answer(exchange, query, all, bytes_max)) return std::move(*whole);

  const std::size_t page_link_bytes = page_link(exchange, query, PageCursor()).bytes.size();
  // For the device with which the page begins, and for the one of the link to the next.
  const std::size_t devices = query.form == DiscoveryForm::by_device ? 2 : 0;
  const std::size_t head_bytes = discovery_head_bytes_max + devices * discovery_device_bytes_max;
  if (head_bytes + page_link_bytes > bytes_max)
    return refuse(exchange, Code::request_entity_too_large, "the peer takes messages that are too short");

  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.at < b.at; });
  if (query.after) std::erase_if(all, [&](const Found& found) { return found.at <= *query.after; });
  const PageCut cut = cut_page(sizes_of(all, query.form), page_link_bytes, bytes_max - head_bytes);
  for (std::size_t skipped = 0; skipped < cut.first; ++skipped) note_too_long(exchange, all[skipped]);
  std::vector<DiscoveryEntry> entries;
  for (std::size_t at = cut.first; at < cut.end; ++at) entries.push_back(std::move(all[at].entry));
  if (cut.end < all.size()) entries.push_back(page_link(exchange, query, all[cut.end - 1].at));
  return respond_with(exchange, query.form, entries);
}

}  // namespace

awaitable<Discovery> find_links(Exchange& exchange, cloud::Caller caller, DiscoveryQuery query) {
  auto all = co_await find(exchange, std::move(caller), query);
  if (!all) co_return Discovery(refuse(exchange, all.error()));
  const std::uint64_t content = content_of(*all);
  Discovery discovery(answer_with(exchange, query, std::move(*all)));
  discovery.content = content;
  co_return discovery;
}

}  // namespace ocf::gateway
