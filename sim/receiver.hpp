// How a simulated device cuts messages out of what it reads, with the defects of real ones.
#pragma once

#include "coap/frame.hpp"
#include "coap/message.hpp"
#include "sim/settings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ocf::sim {

enum class Transport { tcp, tls };

struct Received {
  std::vector<coap::Message> messages;
  std::string broken;  // why the device closes the connection after these messages; empty: it does not
};

// The input of one connection.
class Receiver {
 public:
  // `resources` sets how large a message may be.
  Receiver(Transport transport, const Defects& defects, std::size_t resources);

  // Takes what one read brought: over TLS one record, over TCP whatever was there.
  Received receive(ByteView read);

 private:
  void take_record(Received& received);
  void take_segment(ByteView read, Received& received);
  // What goes wrong where a message begins; empty: nothing.
  std::string why_first_read_fails() const;
  // Takes one message from the front of the input; false: there is none, or it is broken.
  bool take_message(Received& received);

  const Transport transport_;
  const Defects defects_;
  coap::FrameBounds bounds_;
  Bytes input_;
  bool stuck_ = false;  // nothing that arrives will ever be looked at again
};

}  // namespace ocf::sim
