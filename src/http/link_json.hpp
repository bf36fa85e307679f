// Links as JSON.
#pragma once

#include "http/json_writer.hpp"
#include "ocf/link.hpp"

namespace ocf::http {

// The properties of OCF Core, in an object that is open: "href","rt","if","p":{"bm"},"ins","title"?.
void write_link_properties(JsonWriter& json, const Link& link);
void write_link(JsonWriter& json, const Link& link);

}  // namespace ocf::http
