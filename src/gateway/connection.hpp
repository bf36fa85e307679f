// One connection of a device or client: the shell around a Session. It reads, performs the session's actions,
// runs endpoints, and carries what the device says into the cloud in the order in which it was said.
#pragma once

#include "cloud/channel.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/gateway.hpp"
#include "gateway/observations.hpp"
#include "gateway/session.hpp"
#include "net/connection_limit.hpp"
#include "net/outbox.hpp"
#include "net/stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ocf::gateway {

// Lives on its shard, owned by the coroutines that work for it: run(), and one per request that is served.
class Connection final : public cloud::Channel, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Gateway& gateway, std::unique_ptr<net::Stream> stream, net::ConnectionLimit::Slot slot);
  ~Connection() override;

  // From the handshake to the end. Never throws.
  awaitable<void> run();
  // Asks the peer to leave and come back, and closes.
  void release();

  // -- for endpoints
  const std::optional<cloud::DeviceSession>& device_session() const { return device_session_; }
  const std::optional<DeviceId>& certificate_device() const { return certificate_device_; }
  // Signs the device in, or again with a new token. The answer: when the access ends. Errors: of
  // Cloud::sign_in and renew.
  awaitable<Result<std::optional<Time>>> sign_in(cloud::SignIn request);
  awaitable<void> end_device_session(device::Disconnection reason);
  // Observes the observable ones of these links, retrieves the others; not what is observed already. Needs a
  // device session.
  void keep_true(const std::vector<Link>& links);
  void forget_unpublished();
  Observations& observations() { return observations_; }
  // A notification to the client that observes by this request.
  void notify_client(const coap::Message& request, coap::Message notification);
  std::string advertised_endpoint() const;
  bool takes_diagnostics() const { return session_.peer().block_wise_transfer; }
  // A request was answered with this code.
  void note_refusal(const coap::Message& request, coap::Code code, device::Fault fault, std::string_view why);
  Time wall_now() const;
  // As `expiresin`: -1 for a token that does not expire.
  std::int64_t seconds_until(const std::optional<Time>& expires) const;
  std::optional<SteadyTime> steady(const std::optional<Time>& time) const;

  // -- cloud::Channel
  void offer(cloud::Dispatch dispatch) override;
  void close(device::Disconnection reason) override;

 private:
  // What the device said and is not yet in the cloud.
  using Said = std::variant<Deliver, DeliverCustody>;

  // How a turn of reading ended.
  enum class Turn { nothing_left, used_up };

  awaitable<bool> handshake();
  awaitable<void> read_all();
  Result<Turn> read_in_turn();

  void perform(Actions actions);
  void perform(Send& action);
  void perform(Serve& action);
  void perform(Deliver& action);
  void perform(DeliverCustody& action);
  void perform(Refused& action);
  void perform(Close& action);
  static awaitable<void> serve(std::shared_ptr<Connection> self, coap::Message request);

  void read_again(const Href& href);
  void hear(Said said);
  static awaitable<void> carry(std::shared_ptr<Connection> self);
  awaitable<void> carry(Deliver said);
  awaitable<void> carry(DeliverCustody said);

  // With a fault it is a refusal.
  void end(device::Disconnection reason, std::string why, std::optional<device::Fault> fault = std::nullopt);
  void note_refusal(device::Fault fault, std::optional<DeviceId> claimed, std::string reason);
  void log(std::string_view level, std::string_view line) const;

  Gateway& gateway_;
  net::Gate::Holder holder_;
  net::ConnectionLimit::Slot slot_;
  std::unique_ptr<net::Stream> stream_;
  const std::string peer_;
  net::Outbox outbox_;
  Session session_;
  Observations observations_;
  net::Timer timer_;
  std::string transport_ = "tcp";
  std::optional<DeviceId> certificate_device_;
  std::optional<cloud::DeviceSession> device_session_;
  std::deque<Said> said_;
  bool carrying_ = false;
  std::uint64_t sequence_ = 0;  // counts what the device said in this session
  std::size_t serving_ = 0;
  boost::asio::steady_timer* served_ = nullptr;  // a Pong that waits until nothing is being served
  device::Disconnection ended_by_ = device::Disconnection::closed;
  bool session_started_ = false;
  bool close_when_served_ = false;
  bool ended_ = false;
};

// The content with the content format that the request accepts; what is not CBOR keeps its own.
void set_content(coap::Message& message, const coap::Message& request, const resource::Content& content);

}  // namespace ocf::gateway
