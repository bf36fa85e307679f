// GET /.well-known/core: the hub's own resources as links (RFC 6690), filtered as its section 4.1 says.
#include "gateway/admission.hpp"
#include "gateway/routes.hpp"

#include <algorithm>

namespace ocf::gateway {
namespace {

struct EntryPoint {
  std::string_view path;
  std::string_view resource_type;
  std::string_view interfaces;
  std::string_view more;
};

constexpr std::string_view formats = "10000 60";

constexpr EntryPoint entry_points[] = {
    {"/oic/res", "oic.wk.res", "oic.if.ll oic.if.b oic.if.baseline", ";obs"},
    {path::directory, "oic.wk.rd", "oic.if.baseline", ""},
    {path::account, "oic.r.account", "oic.if.baseline", ""},
    {path::session, "oic.r.session", "oic.if.baseline", ""},
    {path::token_refresh, "oic.r.tokenrefresh", "oic.if.baseline", ""},
};

std::string_view attribute(const EntryPoint& entry, std::string_view name) {
  if (name == "href") return entry.path;
  if (name == "rt") return entry.resource_type;
  if (name == "if") return entry.interfaces;
  if (name == "ct") return formats;
  return {};
}

// Any of the words of an attribute, from its beginning where the filter ends with '*'.
bool matches(const EntryPoint& entry, std::string_view filter) {
  const std::size_t equals = std::min(filter.find('='), filter.size());
  std::string_view wanted = filter.substr(std::min(equals + 1, filter.size()));
  const bool is_prefix = wanted.ends_with('*');
  if (is_prefix) wanted.remove_suffix(1);
  for (std::string_view words = attribute(entry, filter.substr(0, equals)); !words.empty();) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (is_prefix ? word.starts_with(wanted) : word == wanted) return true;
  }
  return false;
}

std::string link_of(const EntryPoint& entry) {
  std::string link = "<" + std::string(entry.path) + ">;rt=\"" + std::string(entry.resource_type);
  link += "\";if=\"" + std::string(entry.interfaces) + "\";ct=\"" + std::string(formats) + '"';
  return link + std::string(entry.more);
}

}  // namespace

awaitable<Answer> describe(Exchange& exchange) {
  const std::vector<std::string> filters = exchange.request.queries();
  std::string links;
  for (const EntryPoint& entry : entry_points) {
    const bool is_wanted = std::all_of(filters.begin(), filters.end(),
                                       [&](const std::string& filter) { return matches(entry, filter); });
    if (is_wanted) links += (links.empty() ? "" : ",") + link_of(entry);
  }
  coap::Message message;
  message.code = coap::Code::content;
  message.add_uint(coap::OptionNumber::content_format, coap::content_format::link_format);
  message.payload = copy_of(as_bytes(links));
  co_return Answer(std::move(message));
}

}  // namespace ocf::gateway
