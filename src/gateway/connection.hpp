// One connection of a device or client: the shell around a Session. It reads, performs the session's actions
// and runs endpoints; what a device says goes through its Mirror and its Intake into the cloud.
#pragma once

#include "cloud/channel.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/gateway.hpp"
#include "gateway/intake.hpp"
#include "gateway/mirror.hpp"
#include "gateway/observations.hpp"
#include "gateway/patience.hpp"
#include "gateway/session.hpp"
#include "net/clock.hpp"
#include "net/connection_limit.hpp"
#include "net/outbox.hpp"
#include "net/stream.hpp"
#include "net/turn.hpp"

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::gateway {

// Lives on its shard, owned by the coroutines that work for it: run(), and one per request that is served.
class Connection final : public cloud::Channel,
                         public Listener,
                         public std::enable_shared_from_this<Connection> {
 public:
  // `handshake`: its place among the TLS handshakes.
  Connection(Gateway& gateway, std::unique_ptr<net::Stream> stream, net::ConnectionLimit::Slot slot,
             std::optional<net::ConnectionLimit::Slot> handshake);
  ~Connection() override;

  // From the handshake to the end. Never throws.
  awaitable<void> run();
  // Asks the peer to leave and come back, and closes; false if that has happened.
  bool release();
  bool is_idle() const { return session_.is_idle(); }
  // Closes it if the gateway's TLS context, newer perhaps than the handshake, says that the peer's
  // certificate is revoked; whether it did.
  bool close_if_revoked();
  // Closes it at once: the hub has no memory for who has not signed in.
  void shed();

  // Adds what there is of this one.
  void add_to(Levels& levels) const;
  // Its device, the nil id without one, and what it said since this was asked last.
  Busy take_busy();

  // -- for endpoints
  const std::optional<cloud::DeviceSession>& device_session() const { return device_session_; }
  const std::optional<DeviceId>& certificate_device() const { return certificate_device_; }
  // Signs the device in, or again with a new token. The answer: when the access ends. Errors: of
  // Cloud::sign_in and renew.
  awaitable<Result<std::optional<Time>>> sign_in(cloud::SignIn request);
  awaitable<void> end_device_session(device::Disconnection reason);
  // The device has published these: the hub keeps their shadow true from now on. Needs a device session.
  void keep_true(const std::vector<Link>& links);
  // Publishes for the device. While the store is away it is tried again, because real devices ignore every
  // answer but 2.04 and do not publish again. Errors: of Cloud::publish; unavailable if it was given up or
  // too much is kept already: then the device is asked for its links at its next sign-in.
  awaitable<Result<std::vector<Link>>> publish(const PublishRequest& request);
  // Behind the publications that came before. Errors: of Cloud::unpublish.
  awaitable<Result<void>> unpublish(cloud::DeviceSession session, std::vector<std::int64_t> instances);
  Observations& observations() { return observations_; }
  // For what an endpoint leaves behind it; such a coroutine holds the connection alive.
  void spawn(awaitable<void> task) { gateway_.shard_.spawn(std::move(task)); }
  net::TimerWheel& timers() { return gateway_.shard_.timers(); }
  // A notification to the client that observes by this request.
  void notify_client(const coap::Message& request, coap::Message notification);
  std::string advertised_endpoint() const;
  // Where links that this peer gets lead.
  Advertisement advertisement() const;
  std::size_t answer_payload_bytes_max() const { return session_.answer_payload_bytes_max(); }
  // How many more connections the hub takes, in percent; 0: none.
  unsigned free_percent() const;
  bool takes_diagnostics() const { return session_.peer().block_wise_transfer; }

  // -- for the intake
  cloud::Cloud& cloud() { return gateway_.cloud_; }
  const Limits& limits() const { return gateway_.limits_; }
  Intake& intake() { return intake_; }
  // What is published, and withdrawn, is so one after the other.
  net::Turn& publications() { return publications_; }
  // Ends the session, in a turn of its own, and closes once everything was sent. With a fault it is a
  // refusal.
  void end(device::Disconnection reason, std::string why, std::optional<device::Fault> fault = std::nullopt,
           std::string_view limit = {});
  // See Gateway::take_sign_in.
  std::optional<std::chrono::seconds> take_sign_in() { return gateway_.take_sign_in(); }
  // A limit was hit without a refusal.
  void hit(std::string_view limit) { cloud().metrics().limit_hits.hit(limit); }
  // Notifications of which only a newer one was stored.
  void count_coalesced(std::size_t more) { gateway_.metrics_.coalesced.add(more); }
  // What kind of line it is: see telemetry::LogLine.
  void log(Level level, std::string_view event, std::string text) const;
  // After a change, what cannot be observed is read.
  void read_again(const Href& href);
  // The shadow has everything that the device said up to this device-wide ETag (empty: it gave none).
  awaitable<Result<void>> synchronize(cloud::DeviceSession session, Bytes etag);
  // What was lost of the device's publication is published.
  void publication_found(const std::vector<Link>& links);
  // Whether requests of the peer are being served.
  bool is_serving() const { return serving_ > 0; }
  void answer_custody(Bytes pong);

  // A request was answered with this code.
  void note_refusal(const coap::Message& request, coap::Code code, device::Fault fault, std::string_view why,
                    std::string_view limit = {});
  // As `expiresin`: -1 for a token that does not expire.
  std::int64_t seconds_until(const std::optional<Time>& expires) const;
  std::optional<SteadyTime> steady(const std::optional<Time>& time) const;

  // -- cloud::Channel
  void offer(cloud::Dispatch dispatch) override;
  Asked asked(const es::CorrelationId& correlation) const override;
  void forget_unpublished() override;
  void begin_protocol_log() override;
  void close(device::Disconnection reason) override;

 private:
  class Kept;
  // How a turn of reading ended.
  enum class Turn { nothing_left, used_up };

  awaitable<bool> handshake();
  awaitable<void> read_all();
  Result<Turn> read_in_turn();

  void count_in();
  void count_out(ByteView frame);
  void perform(Actions actions);
  void perform(Send& action);
  // -- Listener
  void message_came(const coap::Message& message) override;
  // Begins a protocol log if somebody reads that of the device, whose messages these are.
  void log_if_read(const DeviceId& device);
  void log_message(cloud::ProtocolLine::Direction direction, const coap::Message& message);
  // What goes to the device of a command that is traced, and what comes back.
  void trace_sent(const Send& request);
  void trace_answered(const Deliver& answer);
  void perform(Serve& action);
  void perform(Deliver& action);
  void perform(DeliverCustody& action);
  void perform(Refused& action);
  void perform(Close& action);
  static awaitable<void> serve_in_turn(std::shared_ptr<Connection> self);
  static awaitable<void> serve(std::shared_ptr<Connection> self, coap::Message request);
  // Whether its owner may ask this now. Errors: too_many_requests.
  Result<void> admit(const coap::Message& request);

  // Counts it among the newcomers, or no more: after an answer that may have signed it in or out.
  void note_sign_in();
  // The device's session has begun and its sign-in is answered: now the hub may ask the device.
  void begin_mirror();
  void ask(Questions questions);
  void hear(const Deliver& answer);
  void schedule();

  void note_refusal(device::Fault fault, std::optional<DeviceId> claimed, std::string reason,
                    std::string_view limit = {});

  Gateway& gateway_;
  net::Gate::Holder holder_;
  net::ConnectionLimit::Slot slot_;
  std::optional<net::ConnectionLimit::Slot> handshake_;  // until it ends
  std::list<Connection*>::iterator place_;               // in the gateway
  std::unique_ptr<net::Stream> stream_;
  const std::string peer_;
  std::optional<Newcomers::Place> newcomer_;  // while it is not signed in
  net::Outbox outbox_;
  Session session_;
  Observations observations_;
  net::Timer timer_;
  std::string transport_ = "tcp";
  std::optional<DeviceId> certificate_device_;
  std::optional<cloud::DeviceSession> device_session_;
  std::optional<Mirror> mirror_;  // while a device session lasts, from the answer to its sign-in
  Intake intake_;
  std::optional<Bytes> synchronized_;  // what was said last of synchronize() in this session
  std::uint64_t messages_ = 0;         // that came since take_busy()
  net::Turn publications_;             // one after the other, in the order in which they came
  std::size_t publications_kept_ = 0;
  Patience patience_;                   // of publications that are kept
  std::deque<coap::Message> to_serve_;  // admitted; the first one is begun
  std::size_t serving_ = 0;
  device::Disconnection ended_by_ = device::Disconnection::closed;
  bool session_started_ = false;
  bool close_when_served_ = false;
  bool ended_ = false;
  bool has_told_why_ = false;  // it was closed for a fault, which is noted
  bool released_ = false;
  std::optional<DeviceId> logged_;  // whose protocol log the messages go to; nullopt: nobody reads any
};

// The content with the content format that the request accepts; what is not CBOR keeps its own.
void set_content(coap::Message& message, const coap::Message& request, const resource::Content& content);

}  // namespace ocf::gateway
