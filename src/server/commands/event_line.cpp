#include "server/commands/event_line.hpp"

#include "server/commands/hub_options.hpp"

namespace ocf::server {

std::string event_line(const boost::json::value& event) {
  std::string line = text_in(event, "time");
  const auto add = [&line](const std::string& word) {
    if (!word.empty()) line += "  " + word;
  };
  add(text_in(event, "device"));
  add(text_in(event, "href"));
  add(text_in(event, "type"));
  if (const boost::json::value* data = event.is_object() ? event.get_object().if_contains("data") : nullptr) {
    add(text_in(*data, "status"));
    add(text_in(*data, "ending"));
    const std::string content = text_in(*data, "content");
    add(content.empty() ? text_in(event, "data") : content);
  }
  return line;
}

}  // namespace ocf::server
