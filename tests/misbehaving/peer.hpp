// One connection to the hub that does exactly what it is told, right or wrong, and waits for what it is told
// to.
#pragma once

#include "base/bytes.hpp"
#include "coap/frame.hpp"
#include "coap/message.hpp"
#include "hub_process.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::misbehaving {

// Blocking; belongs to one thread. Waits end after `patience` with nothing.
class Peer {
 public:
  static constexpr std::chrono::seconds patience{20};

  // Connected to a port of loopback.
  explicit Peer(std::uint16_t port);
  ~Peer();
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&& other) noexcept;

  // False: the hub has closed.
  bool say(ByteView bytes);
  bool say(const coap::Message& message) { return say(coap::encode_frame(message)); }
  // The next message but CSMs and Pings, which are answered; nullopt: closed, or nothing came.
  std::optional<coap::Message> next();
  // The code of the next message; 0.00: closed, or nothing came.
  coap::Code next_code();
  // The answer to a request; requests that come before it are kept for next().
  std::optional<coap::Message> ask(const coap::Message& request);
  // Reads and drops until the hub closes; false: it does not.
  bool is_closed_by_hub();
  // Takes what has arrived, without waiting. False: closed.
  bool drain();

  // Announces block-wise transfer.
  void announce(std::size_t message_bytes_max);
  // Signs up with the code, and in.
  bool sign_up_and_in(const std::string& device, const Onboarding& onboarding);
  bool sign_in();

  const std::string& device() const { return device_; }
  const std::string& access_token() const { return access_token_; }
  void be(const Peer& other);  // another connection of the same device

 private:
  std::optional<coap::Message> read_message();
  bool read_some(std::chrono::steady_clock::time_point end);

  int socket_ = -1;
  Bytes input_;
  std::deque<coap::Message> kept_;
  std::string device_;
  std::string uid_;
  std::string access_token_;
};

coap::Message request(coap::Code code, std::string_view path, std::uint64_t token);
coap::Message request(coap::Code code, std::string_view path, std::uint64_t token, Bytes payload);
// A random device id.
std::string new_device_id();

}  // namespace ocf::misbehaving
