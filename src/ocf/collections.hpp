// What the interfaces oic.if.b and oic.if.ll tell of a device's resources: cut into items, or with hrefs that
// lead clients through the hub (OCF Core, sections 7.6.3.2 and 7.6.3.3).
#pragma once

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "ocf/device_id.hpp"
#include "ocf/link.hpp"
#include "ocf/payloads.hpp"

#include <string_view>
#include <vector>

namespace ocf {

inline constexpr std::string_view link_list_interface = "oic.if.ll";
inline constexpr std::string_view batch_interface = "oic.if.b";

// The resource under which every device tells what it hosts, published or not.
inline constexpr std::string_view discovery_href = "/oic/res";

// One resource in a batch.
struct BatchItem {
  Href href;
  Bytes representation;  // CBOR, as the device sent it
  Bytes etag;            // empty: none was given
  friend bool operator==(const BatchItem&, const BatchItem&) = default;
};

// A batch of this device: an array of {href, rep, etag?}, the href as "/light/1" or "ocf://<di>/light/1".
// Items of other devices, and items without a representation, are left out.
// Errors: malformed_payload, malformed_href.
Result<std::vector<BatchItem>> decode_batch(ByteView payload, const DeviceId& device, const Limits& limits);

// The same links or batch for a client of the hub: each href becomes "<route>/<di><href>", endpoints become
// those of the hub; everything else stays as the device sent it. What has no links in it stays as it is.
// Errors: malformed_payload.
Result<Bytes> with_routed_hrefs(ByteView payload, const DeviceId& device, const Advertisement& advertisement,
                                const Limits& limits);

}  // namespace ocf
