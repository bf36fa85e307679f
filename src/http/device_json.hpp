// Devices as JSON.
#pragma once

#include "directory/directory.hpp"
#include "http/json_writer.hpp"

namespace ocf::http {

// In an object that is open: "di","name","owner","online","since","registered". `since`: when `online` last changed.
void write_device_properties(JsonWriter& json, const directory::DeviceView& device);

}  // namespace ocf::http
