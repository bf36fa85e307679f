// Every limit of the hub, in one place, with its default. What answers when one is hit stands beside it; a
// test hits each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ocf {

struct Limits {
  // -- CoAP messages (4.13 to a request whose length is known, else Abort and close)
  std::size_t frame_bytes_max = 256 * 1024;               // announced in the CSM after sign-in
  std::size_t frame_bytes_before_sign_in_max = 8 * 1024;  // announced in the first CSM
  std::size_t frame_bytes_to_peer_max = 8 * 1024;  // to a peer that did not announce Block-Wise-Transfer
  std::size_t frame_bytes_to_peer_per_link = 512;  // more for every link that the peer has published
  std::size_t options_per_message_max = 64;        // Abort, close
  std::size_t option_bytes_max = 4 * 1024;         // all options of a message together; Abort, close

  // -- CBOR (4.00; a notification is recorded as rejected)
  std::size_t cbor_depth_max = 16;
  std::size_t cbor_items_max = 16 * 1024;

  // -- A connection
  std::chrono::seconds first_message_time{15};       // close
  std::chrono::seconds message_time{30};             // from its first byte to its last; Abort, close
  std::chrono::seconds tls_handshake_time{10};       // close
  std::chrono::seconds sign_in_time{15};             // close
  std::chrono::seconds sign_in_time_after_503{130};  // close
  std::chrono::seconds failed_sign_in_grace{5};      // one refresh and one more sign-in, then close
  std::chrono::seconds ping_interval{60};            // idle time after which the hub pings
  unsigned ping_retries = 3;                         // missing Pongs share half an interval, then close
  std::chrono::seconds release_hold_off_max{10};     // told with Release: a random time up to it
  std::size_t requests_in_flight_max = 64;           // per connection, towards the hub: 5.03
  std::size_t device_requests_in_flight_max = 16;    // per device, from the hub: the rest waits in its queue
  std::size_t observations_per_connection_max = 1000;            // 5.03
  std::chrono::seconds discovery_notification_interval{1};       // of /oic/res: changes wait and go together
  std::size_t write_queue_bytes_max = 1024 * 1024;               // close
  std::size_t notifications_queued_max = 1000;                   // per device: keep the newest per resource
  std::size_t notifications_queued_bytes_max = 4 * 1024 * 1024;  // of their contents: the same; then close
  std::size_t publications_kept_max = 4;                         // that wait for a store that is away: 5.03
  std::size_t connections_max = 100'000;                         // refused at accept

  // -- Who has not signed in yet, and how fast anybody may ask. A rate is per second; ten seconds of it may
  // come at once
  std::size_t unauthenticated_connections_max = 20'000;             // not signed in: refused at accept
  std::size_t unauthenticated_connections_per_address_max = 2'000;  // of one address (IPv6: one /64): refused
  std::size_t handshakes_in_flight_max = 4'000;  // TLS, above what one address has: the rest waits
  unsigned accepts_per_second = 1'000;           // the rest waits to be accepted
  unsigned sign_ins_per_second = 500;            // with sign-ups and refreshes: 5.03 with Max-Age
  unsigned device_messages_per_second = 100;     // of one connection: 4.29; a notification waits its turn
  unsigned owner_requests_per_second = 500;      // of one owner, over all faces: 4.29, HTTP 429
  std::size_t devices_per_owner_max = 10'000;    // sign-up: 5.03
  std::size_t memory_bytes_max = 0;  // of the process; 0: three quarters of the machine's. Closes who
                                     // has not signed in, the newest first, and accepts nobody

  // -- Block-wise transfer with one client; a body in parts is at most frame_bytes_max long (4.13)
  std::size_t block_requests_max = 2;                 // bodies that are arriving: 5.03
  std::size_t block_answers_max = 4;                  // answers kept for their later blocks: the oldest goes
  std::size_t block_answers_bytes_max = 1024 * 1024;  // all of them: the oldest go, a longer one is not kept
  std::chrono::seconds block_transfer_time{120};      // without a further block: forgotten

  // -- A device
  std::size_t links_per_device_max = 1000;             // publish refused: 4.13
  std::chrono::seconds link_lifetime_max{0xffffffff};  // 4.00; as that of RFC 9176
  std::chrono::seconds link_lifetime_grace{60};        // for the next publication to arrive, then unpublished
  std::size_t pending_commands_per_device_max = 100;   // 5.03, HTTP 503
  std::size_t href_bytes_max = 512;                    // 4.00
  std::chrono::seconds command_time{20};          // then the command expires and the device is set offline
  std::chrono::seconds time_to_live_max{86'400};  // 400 to the caller

  // -- What is kept of the past; the newest state of everything is kept for ever
  std::chrono::seconds retention_time{30 * 86'400};  // older events of resources go; 0: none goes
  std::uint64_t retention_bytes_max = 10ULL * 1024 * 1024 * 1024;  // of one tenant: the oldest events go
  std::chrono::seconds retention_interval{600};                    // how often is looked for them

  // -- What `ocf-cloud trace` and `protocol-log` remember, in memory
  std::size_t traces_max = 1'000;                    // commands: the oldest is forgotten
  std::size_t trace_bytes_max = 16 * 1024;           // of one: later hops are left out, and it says so
  std::size_t protocol_logs_max = 8;                 // running at once: 503
  std::size_t protocol_log_bytes_max = 1024 * 1024;  // that wait for one reader: left out, and it is told

  // -- What `ocf-cloud why` remembers (the oldest is forgotten)
  std::size_t refusals_per_subject_max = 10;  // the newest of one device or address
  std::size_t refusal_subjects_max = 1000;    // devices and addresses together: who was refused last
  std::size_t refusal_text_bytes_max = 1024;  // a reason is cut

  // -- HTTP
  std::size_t http_header_bytes_max = 16 * 1024;  // 431
  std::size_t http_body_bytes_max = 256 * 1024;   // 413
  std::size_t http_connections_max = 1000;        // 503, close
  std::chrono::seconds http_idle_time{60};        // close

  // -- The machine
  std::size_t disk_free_bytes_min = 256 * 1024 * 1024;  // below it /readyz says no
};

}  // namespace ocf
