// What a device machine asks of the shell around it.
#pragma once

#include "base/bytes.hpp"

#include <string>
#include <variant>
#include <vector>

namespace ocf::sim {

// Connect to this cloud ("coap+tcp://127.0.0.1:5683", "coaps+tcp://…"), then say connected() or
// connect_failed().
struct Connect {
  std::string uri;
};
// One message: one write, over TLS one record.
struct Send {
  Bytes bytes;
};
// Close the connection, without a word to the peer. The machine knows: disconnected() is not to be called.
struct Close {
  std::string why;
};
// What happened, for people: one sentence without a full stop.
struct Say {
  std::string sentence;
};
using Action = std::variant<Connect, Send, Close, Say>;
using Actions = std::vector<Action>;

}  // namespace ocf::sim
