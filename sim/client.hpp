// A minimal OCF client: signs up and in, discovers, reads, changes, observes. For tests and checks.
#pragma once

#include "coap/message.hpp"
#include "coap/signaling.hpp"
#include "net/gate.hpp"
#include "net/shard.hpp"
#include "net/tls_context.hpp"
#include "ocf/payloads.hpp"
#include "sim/connect_to.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ocf::sim {

struct ClientSettings {
  std::string server;  // "coap+tcp://ADDRESS:PORT", or "coaps+tcp://ADDRESS:PORT"
  std::shared_ptr<const net::TlsClientContext> tls;
  Connector connector;  // empty: by_network(…, tls)
  // Announced in a CSM with Block-Wise-Transfer, as libcoap's clients do; 0: no CSM, as iotivity-lite's.
  std::size_t max_message_size = 0;
  std::chrono::milliseconds answer_time{5000};
};

// What a sign-up gives. A client has a device's id: OCF makes no difference between the two.
struct Account {
  DeviceId device;
  std::string uid;
  std::string access_token;
  std::string refresh_token;
};

// The cloud answered with this code instead of success.
Error refusal(coap::Code code);

// Lives on its shard, which outlives it; every function is called there. Await stop() before it is destroyed.
//
// Whatever asks the cloud has these errors: `closed` (not connected, or the connection ended), `timed_out` of
// asio. What returns no message has also refusal(code) and the errors of the payload's decoder. If the caller
// is cancelled, the answer is dropped when it comes.
class Client {
 public:
  // Gets every later answer to a GET that observes.
  using Observer = std::function<void(const coap::Message& notification)>;

  Client(net::Shard& shard, ClientSettings settings);
  ~Client();

  // Errors: those of connect_to() and Stream::handshake().
  net::awaitable<Result<void>> connect();
  // Closes the connection and returns when nothing of this client runs any more.
  net::awaitable<void> stop();

  // Sends a request, with a token of the client's choice unless it has one.
  net::awaitable<Result<coap::Message>> ask(coap::Message request);

  net::awaitable<Result<Account>> sign_up(DeviceId device, std::string code, std::string provider);
  net::awaitable<Result<void>> sign_in(Account account);
  // `query` as in a URI, "rt=core.light"; empty: all links.
  net::awaitable<Result<std::vector<DiscoveredLink>>> discover(std::string query = std::string());
  // An href as a discovered link says it.
  net::awaitable<Result<coap::Message>> get(std::string href);
  net::awaitable<Result<coap::Message>> post(std::string href, Bytes payload);
  // The answer is the first one; the observer gets the others until the connection ends.
  net::awaitable<Result<coap::Message>> observe(std::string href, Observer observer);

  bool is_connected() const { return connection_ != nullptr; }
  // What the cloud announced.
  const coap::Capabilities& cloud() const { return cloud_; }
  // How many answers came to nothing that was asked.
  std::size_t strays() const { return strays_; }

 private:
  struct Connection;
  struct Exchange;

  net::awaitable<void> read_all(std::shared_ptr<Connection> connection, net::Gate::Holder holder);
  bool read_what_is_there(Connection& connection);
  void take(coap::Message message);
  void take_response(coap::Message response);
  void send(const coap::Message& message);
  void close();

  net::Shard& shard_;
  const ClientSettings settings_;
  net::Gate gate_;
  std::shared_ptr<Connection> connection_;  // shared with the coroutine that reads it
  coap::Capabilities cloud_;
  std::uint64_t next_token_;
  std::unordered_map<coap::Token, Exchange*> exchanges_;  // in the frames of ask()
  std::unordered_map<coap::Token, Observer> observers_;
  std::size_t strays_ = 0;
};

}  // namespace ocf::sim
