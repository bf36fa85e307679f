// What publications, discovery answers and collections share of a link, in CBOR.
#pragma once

#include "base/limits.hpp"
#include "cbor/cbor.hpp"
#include "ocf/device_id.hpp"
#include "ocf/link.hpp"
#include "ocf/payloads.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ocf {

// A key and its array of texts.
void write_texts(cbor::Writer& writer, std::string_view key, const std::vector<std::string>& texts);

// The value of `eps`: [{"ep": "coaps+tcp://host:port"}, …].
void write_endpoints(cbor::Writer& writer, const Advertisement& advertisement);
// Where a client finds what a device has under this href.
std::string advertised_href(const DeviceId& device, std::string_view href,
                            const Advertisement& advertisement);

// Reads the value of one of the properties that every form of link has; false for others.
bool read_link_property(cbor::Reader& reader, std::string_view key, Link& link, const Limits& limits);

}  // namespace ocf
