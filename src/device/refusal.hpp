// Refusal: that a device, client or user was refused or cut off by the hub, why, and what to do about it. One
// value makes the line in the log and the answer of `ocf-cloud why`.
#pragma once

#include "base/time.hpp"
#include "ocf/device_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::device {

// How far the peer came.
enum class Stage { tcp, tls, sign_up, sign_in, token_refresh, publish, request, protocol, http };

// What it was, as far as the advice differs.
enum class Cause {
  // -- connection
  too_many_connections,
  unresponsive,  // no Pongs, or it reads or is stored too slowly
  // -- TLS
  no_certificate,
  unknown_authority,
  certificate_dates,  // expired, or not valid yet
  certificate_revoked,
  no_identity,      // the certificate does not name an OCF device
  bad_certificate,  // chain, key or signature do not hold
  tls_version,
  tls_suite,     // no suite, curve or signature algorithm in common
  tls_protocol,  // ALPN without "coap"
  not_tls,
  hub_distrusted,  // the peer does not accept the hub's certificate
  handshake_unfinished,
  handshake_failed,
  // -- account
  no_sign_in,
  unknown_code,
  used_code,
  expired_code,
  bad_token,
  expired_token,
  reused_token,
  certificate_disagrees,
  unknown_provider,
  held_by_another,
  superseded,  // two connections speak for the device
  // -- requests and messages
  not_signed_in,
  other_device,
  not_hosted,  // and no harm
  not_found,
  not_allowed,
  bad_payload,
  bad_format,
  bad_option,
  bad_frame,
  too_large,
  unavailable,
  other,
};

struct Fault {
  Stage stage = Stage::protocol;
  Cause cause = Cause::other;

  friend bool operator==(const Fault&, const Fault&) = default;
};

struct Refusal {
  Time time{};  // the last time, of several
  Fault fault;
  std::string peer;                // "192.0.2.7:40112"
  std::optional<DeviceId> device;  // signed in, or as the request or the certificate claims
  std::string reason;              // one line
  std::string limit;               // the limit that was hit, by its name in Limits; empty: none
  std::uint64_t count = 1;         // how often just this was refused
  Time since{};                    // the first time
  std::string principal;           // who asked over HTTP, "user:alice"; empty: not known, or a device
};

// "sign_up", "expired_code"; for programs, never renamed.
std::string_view name_of(Stage stage);
std::string_view name_of(Cause cause);
// One sentence: what to do about it.
std::string_view advice(const Fault& fault);

}  // namespace ocf::device
