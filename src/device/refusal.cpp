#include "device/refusal.hpp"

namespace ocf::device {

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::tcp: return "tcp";
    case Stage::tls: return "tls";
    case Stage::sign_up: return "sign_up";
    case Stage::sign_in: return "sign_in";
    case Stage::token_refresh: return "token_refresh";
    case Stage::publish: return "publish";
    case Stage::request: return "request";
    case Stage::protocol: return "protocol";
    case Stage::http: return "http";
  }
  return "unknown";
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::too_many_connections: return "too_many_connections";
    case Cause::unresponsive: return "unresponsive";
    case Cause::no_certificate: return "no_certificate";
    case Cause::unknown_authority: return "unknown_authority";
    case Cause::certificate_dates: return "certificate_dates";
    case Cause::certificate_revoked: return "certificate_revoked";
    case Cause::no_identity: return "no_identity";
    case Cause::bad_certificate: return "bad_certificate";
    case Cause::tls_version: return "tls_version";
    case Cause::tls_suite: return "tls_suite";
    case Cause::tls_protocol: return "tls_protocol";
    case Cause::not_tls: return "not_tls";
    case Cause::hub_distrusted: return "hub_distrusted";
    case Cause::handshake_unfinished: return "handshake_unfinished";
    case Cause::handshake_failed: return "handshake_failed";
    case Cause::no_sign_in: return "no_sign_in";
    case Cause::unknown_code: return "unknown_code";
    case Cause::used_code: return "used_code";
    case Cause::expired_code: return "expired_code";
    case Cause::bad_token: return "bad_token";
    case Cause::expired_token: return "expired_token";
    case Cause::reused_token: return "reused_token";
    case Cause::certificate_disagrees: return "certificate_disagrees";
    case Cause::unknown_provider: return "unknown_provider";
    case Cause::held_by_another: return "held_by_another";
    case Cause::superseded: return "superseded";
    case Cause::not_signed_in: return "not_signed_in";
    case Cause::other_device: return "other_device";
    case Cause::not_hosted: return "not_hosted";
    case Cause::not_found: return "not_found";
    case Cause::not_allowed: return "not_allowed";
    case Cause::bad_payload: return "bad_payload";
    case Cause::bad_format: return "bad_format";
    case Cause::bad_option: return "bad_option";
    case Cause::bad_frame: return "bad_frame";
    case Cause::too_large: return "too_large";
    case Cause::unavailable: return "unavailable";
    case Cause::other: return "other";
  }
  return "unknown";
}

namespace {

// What a user of the HTTP API has to do that a device has not; empty: the same.
std::string_view advice_to_user(Cause cause) {
  switch (cause) {
    case Cause::not_signed_in:
      return "Send `Authorization: Bearer TOKEN`; `ocf-cloud token --owner NAME` prints a token.";
    case Cause::bad_token:
    case Cause::expired_token:
      return "Use a token of this hub that is not over: `ocf-cloud token --owner NAME` prints one.";
    case Cause::too_large:
      return "Send less at once, or raise limits.http_body_bytes_max or limits.http_header_bytes_max.";
    case Cause::too_many_connections:
      return "Close connections that are not needed, or raise limits.http_connections_max.";
    default: return "";
  }
}

}  // namespace

std::string_view advice(const Fault& fault) {
  if (fault.stage == Stage::http) {
    if (const std::string_view sentence = advice_to_user(fault.cause); !sentence.empty()) return sentence;
  }
  switch (fault.cause) {
    case Cause::too_many_connections:
      return "Close connections that are not needed and sign in on the others, or raise the limit of the hub "
             "that the reason names.";
    case Cause::unresponsive:
      return "Let the device answer Pings, send its messages whole and read what the hub sends; the hub's "
             "patience is limits.ping_interval, limits.ping_retries, limits.message_time and "
             "limits.write_queue_bytes_max.";
    case Cause::no_certificate:
      return "Give the device a certificate and its key, `ocf-cloud pki device DI` issues them, or let peers "
             "in "
             "without one: tls.client_certificate: if_given.";
    case Cause::unknown_authority:
      return "Let the hub trust the CA that issued this certificate, `ocf-cloud pki trust FILE`, and let the "
             "device send its intermediate certificates.";
    case Cause::certificate_dates: return "Renew the certificate that is named, or set the hub's clock.";
    case Cause::certificate_revoked:
      return "Give the device a new certificate, `ocf-cloud pki device DI`, if it is still to be trusted: a "
             "revocation is for good.";
    case Cause::no_identity:
      return "Give the device an OCF identity certificate, extended key usages as the reason says and "
             "uuid:<its "
             "di> in the common name: `ocf-cloud pki device DI` issues one.";
    case Cause::bad_certificate:
      return "Issue the certificate anew, with an ECDSA key on P-256 or P-384; `ocf-cloud pki device DI` "
             "makes one that is accepted.";
    case Cause::tls_version: return "Let the device offer TLS 1.2 or TLS 1.3.";
    case Cause::tls_suite:
      return "Let the device offer ECDHE-ECDSA-AES128-GCM-SHA256 or its like (AES256-GCM-SHA384, "
             "AES128-SHA256, AES256-SHA384; TLS 1.3's own suites), with the curve P-256 or P-384.";
    case Cause::tls_protocol:
      return "Let the device offer the application protocol coap (RFC 8323, section 8.2), or leave the TLS "
             "extension ALPN out.";
    case Cause::not_tls:
      return "Use coaps+tcp on this port, or send plain coap+tcp to the hub's listener for that.";
    case Cause::hub_distrusted:
      return "Write the hub's CA into the device as a trust anchor: `ocf-cloud onboard` prints it.";
    case Cause::handshake_unfinished:
      return "Look at the device and at what is between: the handshake stopped half-way, or took longer than "
             "limits.tls_handshake_time.";
    case Cause::handshake_failed:
      return "Compare what the device offered with TLS 1.2 or 1.3, ECDHE-ECDSA and a certificate of its own.";
    case Cause::no_sign_in:
      return "Let the device sign in right after it has connected: POST /oic/sec/session within "
             "limits.sign_in_time.";
    case Cause::unknown_code:
      return "Compare the code with what `ocf-cloud onboard` printed, or make a new one with it.";
    case Cause::used_code:
      return "Make a new code with `ocf-cloud onboard` and write it into the device: a code works once.";
    case Cause::expired_code:
      return "Make a new code with `ocf-cloud onboard` and use it in time (authorization.code_lifetime).";
    case Cause::bad_token:
      return "Let the device use the newest tokens that it got, with its own di and uid; if it was removed "
             "or reset, onboard it again with `ocf-cloud onboard`.";
    case Cause::expired_token:
      return "Let the device refresh its token (POST /oic/sec/tokenrefresh) before `expiresin` is over, and "
             "sign in again.";
    case Cause::reused_token:
      return "Let the device keep each new refresh token and use it once; onboard it again with `ocf-cloud "
             "onboard`.";
    case Cause::certificate_disagrees:
      return "Give the device an OCF identity certificate whose CN is uuid:<its di>: `ocf-cloud pki device "
             "DI` issues one.";
    case Cause::unknown_provider:
      return "Write the authorization provider (apn) that `ocf-cloud onboard` prints into the device.";
    case Cause::held_by_another:
      return "Let the device's owner remove it first, or reset the device so that it gets another di.";
    case Cause::superseded: return "Let one connection at a time speak for the device.";
    case Cause::not_signed_in:
      return "Let the device sign in on this connection first: POST /oic/sec/session.";
    case Cause::other_device:
      return "Let the device publish with its own di: the one that it signed in with.";
    case Cause::not_hosted: return "Nothing has to be done: the hub does without it.";
    case Cause::not_found:
      return "Compare the path and its di: nothing is there, or nothing that this owner may see.";
    case Cause::not_allowed: return "Use a method and a resource that this owner may use.";
    case Cause::bad_payload:
      return "Compare the payload with what the endpoint's specification asks for: CBOR, all mandatory "
             "properties, their types.";
    case Cause::bad_format: return "Send and accept CBOR: content format 60 or 10000.";
    case Cause::bad_option: return "Leave out the option that the reason names.";
    case Cause::bad_frame:
      return "Compare what the device writes with RFC 8323, section 3.2, and RFC 7252, section 3.1.";
    case Cause::too_large:
      return "Send less at once, or raise the hub's limits: limits.frame_bytes_before_sign_in_max, "
             "limits.frame_bytes_max, limits.links_per_device_max.";
    case Cause::unavailable: return "Ask less at once, and again a little later.";
    case Cause::other: return "The reason says all that the hub knows; compare it with the device's log.";
  }
  return "";
}

}  // namespace ocf::device
