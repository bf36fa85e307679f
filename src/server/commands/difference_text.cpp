#include "server/commands/difference_text.hpp"

#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ocf::server {
namespace {

std::string resources(const boost::json::value& listed, char sign) {
  std::string text;
  for (const boost::json::value& resource : listed.as_array()) {
    const std::string content = text_in(resource, "content");
    text += fmt::format("{} {}{}\n", sign, text_in(resource, "href"), content.empty() ? "" : "  " + content);
  }
  return text;
}

// The link as well, where it is another one.
std::string side(const boost::json::value& state) {
  const std::string content = text_in(state, "content"), link = text_in(state, "link");
  return (content.empty() ? "(not known)" : content) + (link.empty() ? "" : "  " + link);
}

}  // namespace

std::string difference_text(const boost::json::value& difference) {
  std::string text;
  for (const auto& [name, change] : difference.at("device").as_object()) {
    text += fmt::format("{}  {} -> {}\n", std::string_view(name.data(), name.size()), text_in(change, "from"),
                        text_in(change, "to"));
  }
  for (const boost::json::value& change : difference.at("changed").as_array()) {
    text += fmt::format("~ {}  {} -> {}\n", text_in(change, "href"), side(change.at("from")),
                        side(change.at("to")));
  }
  return text + resources(difference.at("came"), '+') + resources(difference.at("went"), '-');
}

}  // namespace ocf::server
