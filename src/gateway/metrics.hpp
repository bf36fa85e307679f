// What the gateway counts. Named and described in server/observability/metrics.cpp.
#pragma once

#include "device/refusal.hpp"
#include "gateway/session.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/counter_table.hpp"
#include "telemetry/histogram.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ocf::gateway {

// Lives in its gateway.
struct Metrics {
  telemetry::CounterTable accepted;    // by transport
  telemetry::CounterTable handshakes;  // by TLS version; "failed" for those that failed
  telemetry::Histogram handshake_seconds;
  telemetry::CounterTable requests;  // by endpoint and answer
  telemetry::Histogram request_seconds;
  std::array<telemetry::Counter, 8> messages_in;   // by class of code
  std::array<telemetry::Counter, 8> messages_out;  // likewise
  telemetry::Counter bytes_in, bytes_out;          // of CoAP, without TLS
  telemetry::Counter coalesced;                    // notifications of which only a newer one was stored

  void heard(const MessageCounts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != 0) messages_in[i].add(counts[i]);
    }
  }
};

// A device and how many messages it sent.
struct Busy {
  DeviceId device;
  std::uint64_t messages = 0;
};

// What there is at this moment.
struct Levels {
  std::size_t handshaking = 0, unsigned_in = 0, signed_in = 0, closing = 0;  // connections
  std::size_t said_entries = 0;  // what devices said that waits to be stored
  std::size_t write_bytes = 0;   // that wait for slow peers
  std::size_t requests_out = 0;  // of the hub to devices, without an answer
  std::size_t requests_in = 0;   // to the hub, without an answer
  std::size_t observations = 0;  // of clients
};

}  // namespace ocf::gateway
