// What a simulated device is and where it belongs: everything that is decided before it starts.
#pragma once

#include "ocf/device_id.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ocf::sim {

// What real devices (iotivity-lite 2.2.5) do wrong on a connection; all of it on by default, so that a hub
// that works here works there. Without a defect the device does what the RFCs say.
struct Defects {
  // Reads six bytes before it looks at the length: over plain TCP a message of six bytes or fewer with others
  // behind it in one segment closes the connection, over TLS any such message ends all reading for good.
  bool reads_six_bytes_first = true;
  // Takes one message out of a TLS record; the next one only when another record arrives.
  bool one_message_per_record = true;
  // Over plain TCP closes when the first six bytes of a message do not arrive at once.
  bool needs_six_bytes_at_once = true;
  // Closes at a content format or Accept that it does not know (60 above all) and at an unknown critical
  // option.
  bool closes_at_unknown_formats = true;
  // Closes at a message above 8,192 bytes and 512 per resource.
  bool closes_at_large_messages = true;
};

// Attempt k of a request to the cloud: a pause between one half and the whole of first_pause · 2^k, then an
// answer within first_answer_time · 2^k.
struct Pace {
  std::chrono::milliseconds first_pause{2000};
  std::chrono::milliseconds first_answer_time{2000};
  unsigned attempts = 6;
  std::chrono::milliseconds ping_interval{20'000};
  std::chrono::milliseconds ping_answer_time{4000};  // and the pause before the next one
  unsigned pings_missed_max = 6;                     // then it reconnects
};

struct DeviceSettings {
  DeviceId device;
  std::string name = "dev1";

  // What a mediator writes into CoAPCloudConf.
  std::string server = "coap+tcp://127.0.0.1:5683";                // cis; TLS with "coaps+tcp://"
  std::string server_id = "00000000-0000-0000-0000-000000000001";  // sid
  std::string code;                                                // at: the one-time code
  std::string provider = "plgd";                                   // apn

  std::size_t lights = 1;                    // /light/1 …
  std::vector<std::string> local_endpoints;  // what /oic/res says about reaching the device itself
  Defects defects;
  Pace pace;
};

}  // namespace ocf::sim
