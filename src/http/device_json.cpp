#include "http/device_json.hpp"

namespace ocf::http {

void write_device_properties(JsonWriter& json, const directory::DeviceView& device) {
  json.key("di").text(device.key.device.text());
  json.key("name").text(device.name);
  json.key("owner").text(device.owner.text());
  json.key("online").boolean(device.online);
  json.key("since").text(to_rfc3339(device.since));
  json.key("inSync").boolean(device.in_sync);
  json.key("registered").text(to_rfc3339(device.registered));
}

}  // namespace ocf::http
