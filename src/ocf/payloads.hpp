// The payloads of the /oic/* endpoints as values, and their CBOR in both directions: the hub decodes requests
// and encodes answers, devices and clients do the reverse.
//
// Decoders skip properties they do not know, accept indefinite lengths, and are strict on the types of what
// they read. Their errors: malformed_payload, missing_property, malformed_device_id, and malformed_href and
// malformed_lifetime where there are links. An optional text that is absent is empty, and an empty one is not
// encoded.
#pragma once

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "ocf/device_id.hpp"
#include "ocf/error.hpp"
#include "ocf/link.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ocf {

// `expiresin` of a token that never expires; otherwise seconds.
inline constexpr std::int64_t expires_never = -1;

// The property `di` of a payload that may otherwise be anything; nullopt: none, or it cannot be read.
std::optional<DeviceId> device_in(ByteView payload, const Limits& limits = {});

// POST /oic/sec/account
struct SignUpRequest {
  DeviceId device;          // di, mandatory
  std::string code;         // accesstoken, or authcode of old clients; mandatory
  std::string provider;     // authprovider
  std::string device_type;  // devicetype
  std::string uid;

  Bytes encode() const;
  static Result<SignUpRequest> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const SignUpRequest&, const SignUpRequest&) = default;
};

// Devices fail the sign-up if any of the first four is missing or empty.
struct SignUpAnswer {
  std::string access_token;
  std::string refresh_token;
  std::string uid;
  std::int64_t expires_in = expires_never;
  std::string redirect_uri;

  Bytes encode() const;
  static Result<SignUpAnswer> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const SignUpAnswer&, const SignUpAnswer&) = default;
};

// POST /oic/sec/session; every property is mandatory.
struct SignInRequest {
  std::string uid;
  DeviceId device;
  std::string access_token;
  bool login = true;  // false: sign-out

  Bytes encode() const;
  static Result<SignInRequest> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const SignInRequest&, const SignInRequest&) = default;
};

struct SignInAnswer {
  std::int64_t expires_in = expires_never;  // mandatory

  Bytes encode() const;
  static Result<SignInAnswer> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const SignInAnswer&, const SignInAnswer&) = default;
};

// POST /oic/sec/tokenrefresh
struct RefreshRequest {
  std::string uid;            // mandatory
  DeviceId device;            // mandatory
  std::string refresh_token;  // mandatory
  std::string grant_type;     // granttype
  std::string provider;       // authprovider

  Bytes encode() const;
  static Result<RefreshRequest> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const RefreshRequest&, const RefreshRequest&) = default;
};

// Every property is mandatory.
struct RefreshAnswer {
  std::string access_token;
  std::string refresh_token;
  std::int64_t expires_in = expires_never;

  Bytes encode() const;
  static Result<RefreshAnswer> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const RefreshAnswer&, const RefreshAnswer&) = default;
};

// POST /oic/rd?rt=oic.wk.rdpub. Of each link href is mandatory; policy bits that the hub does not know are
// dropped.
struct PublishRequest {
  DeviceId device;          // di, mandatory
  std::vector<Link> links;  // mandatory
  std::int64_t ttl = 0;     // seconds; ttl, or lt of old clients; 0: no end
  std::string name;         // n

  Bytes encode() const;
  static Result<PublishRequest> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const PublishRequest&, const PublishRequest&) = default;
};

// The request's echo with the instances that the hub gave.
struct PublishAnswer {
  DeviceId device;
  std::vector<Link> links;
  std::int64_t ttl = 0;

  Bytes encode() const;
  static Result<PublishAnswer> decode(ByteView payload, const Limits& limits = {});
  friend bool operator==(const PublishAnswer&, const PublishAnswer&) = default;
};

// GET /oic/rd: how much a device should prefer this directory to others, 0 (not at all) to 100.
Bytes encode_selection(unsigned preference);

// GET /oic/res: a link of some device as a client finds it.
struct DiscoveredLink {
  DeviceId device;
  Link link;                           // decoded: its href as it was sent, to be used verbatim
  std::vector<std::string> endpoints;  // decoded only: "coaps+tcp://host:port"
  friend bool operator==(const DiscoveredLink&, const DiscoveredLink&) = default;
};

// Where the links of an answer lead.
struct Advertisement {
  std::string route;  // "/oic/route": hrefs become "<route>/<di><href>"; empty: hrefs stay as they are
  std::vector<std::string> endpoints;     // of every link; real clients drop a link without any
  std::size_t href_bytes_max = SIZE_MAX;  // where that is longer, hrefs become "/<di><href>"
};

enum class DiscoveryForm {
  link_list,  // oic.if.ll: an array of links
  baseline,   // oic.if.baseline: an array with one map {rt, if, links}
  by_device,  // OIC 1.1, content format 60: an array of maps {di, links}, one for each device
  batch,      // oic.if.b: an array of maps {href, rep}
};

// One link of an answer, encoded by itself: an answer may have to be cut where a message is full.
struct DiscoveryEntry {
  DeviceId device;
  Bytes bytes;
};
// For every form but batch.
DiscoveryEntry encode_link(const DiscoveredLink& link, const Advertisement& advertisement,
                           DiscoveryForm form);
// For batch. The representation is CBOR.
DiscoveryEntry encode_representation(const DiscoveredLink& link, const Advertisement& advertisement,
                                     ByteView representation);
// The answer with these entries; those of one device follow each other.
Bytes encode_discovery(std::span<const DiscoveryEntry> entries, DiscoveryForm form);
// What an answer has at most besides its entries, and, by_device, besides for each device.
inline constexpr std::size_t discovery_head_bytes_max = 80;
inline constexpr std::size_t discovery_device_bytes_max = 60;

// Of links in any form but batch.
Bytes encode_links(std::span<const DiscoveredLink> links, const Advertisement& advertisement,
                   DiscoveryForm form = DiscoveryForm::link_list);
// Any form but batch. Links that name no device have the nil device id.
Result<std::vector<DiscoveredLink>> decode_links(ByteView payload, const Limits& limits = {});

}  // namespace ocf
