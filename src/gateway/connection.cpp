#include "gateway/connection.hpp"

#include "base/assert.hpp"
#include "base/random.hpp"
#include "cloud/query.hpp"
#include "coap/description.hpp"
#include "es/error.hpp"
#include "gateway/admission.hpp"
#include "gateway/coap_status.hpp"
#include "gateway/content.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/fault.hpp"
#include "gateway/routes.hpp"
#include "net/error.hpp"
#include "net/tls_policy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <numeric>

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using device::Cause;
using device::Disconnection;
using device::Fault;
using device::Stage;

namespace {

// How long a connection that we close waits for the peer to take what was sent.
constexpr std::chrono::seconds linger_time{2};

// How much of what a peer says is taken in one turn, before the other connections have theirs: a peer that
// floods the hub delays its neighbours by that much work and no more. A read counts as some bytes in itself.
constexpr std::size_t turn_bytes = 4 * 1024;
constexpr std::size_t read_cost_bytes = 256;

net::Gate::Holder enter(net::Gate& gate) {
  auto holder = gate.enter();
  OCF_ASSERT(holder.has_value(), "connections are only made while the gateway is open");
  return std::move(*holder);
}

// iotivity-lite's example client keeps 63 bytes of an href.
constexpr std::size_t advertised_href_bytes_max = 63;

// Any start will do: tokens of one connection only have to differ from each other.
std::uint64_t token_seed() {
  const Bytes bytes = random_bytes(4);
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : bytes) seed = seed << 8 | byte;
  return seed << 32;
}

// The device that the certificate is for; the nil id, which no device has, if it is no OCF identity: the
// handshake refuses those.
DeviceId device_of(const net::TlsPeer& peer) {
  const auto& usages = peer.extended_key_usage;
  const bool is_identity = peer.certificate_verified &&
                           std::find(usages.begin(), usages.end(), net::ocf_identity_usage) != usages.end();
  const auto device = DeviceId::parse(peer.device_id);
  return is_identity && device ? *device : DeviceId();
}

Message message_of(const Send& sent) {
  auto frame = coap::decode_frame(sent.bytes, {SIZE_MAX, SIZE_MAX, SIZE_MAX});
  OCF_ASSERT(frame && *frame, "the hub's own frames are well-formed");
  return std::move((*frame)->message);
}

// Peers that are sent away together do not come back together.
std::chrono::seconds hold_off(std::chrono::seconds max) {
  const Bytes bytes = random_bytes(2);
  const long number = bytes[0] << 8 | bytes[1];
  return std::chrono::seconds(max.count() > 0 ? 1 + number % max.count() : 0);
}

}  // namespace

Connection::Connection(Gateway& gateway, std::unique_ptr<net::Stream> stream, net::ConnectionLimit::Slot slot,
                       std::optional<net::ConnectionLimit::Slot> handshake)
    : gateway_(gateway),
      holder_(enter(gateway.gate_)),
      slot_(std::move(slot)),
      handshake_(std::move(handshake)),
      stream_(std::move(stream)),
      peer_(stream_->peer_address()),
      outbox_(gateway.shard_, *stream_, gateway.limits_.write_queue_bytes_max),
      session_(gateway.limits_, token_seed(), net::steady_now()),
      observations_(*this),
      timer_(gateway.shard_.timers(),
             [this](SteadyTime now) {
               if (ended_ || !session_started_) return stream_->close();
               if (mirror_) ask(mirror_->tick(now));
               perform(session_.tick(now));
             }),
      intake_(*this) {
  place_ = gateway_.connections_.insert(gateway_.connections_.end(), this);
  note_sign_in();
}

Connection::~Connection() { gateway_.connections_.erase(place_); }

// -- The life of a connection

awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  const bool is_shaken = co_await handshake();
  handshake_.reset();
  gateway_.handshake_ended();
  if (is_shaken) {
    session_started_ = true;
    perform(session_.start());
    co_await read_all();
  }
  stream_->close();
  timer_.cancel();
  observations_.clear();
}

awaitable<bool> Connection::handshake() {
  const SteadyTime begun = net::steady_now();
  timer_.schedule(net::steady_now() + gateway_.limits_.tls_handshake_time);
  const auto shaken = co_await stream_->handshake();
  if (!shaken && (ended_ || released_)) co_return false;  // the hub ended it
  if (!shaken) {
    const net::HandshakeFailure failure = stream_->handshake_failure();
    const auto named = DeviceId::parse(failure.device_id);
    note_refusal(
        fault_of(failure.fault), named ? std::optional(*named) : std::nullopt,
        "TLS handshake failed: " + failure.text,
        net::steady_now() - begun >= gateway_.limits_.tls_handshake_time ? "tls_handshake_time" : "");
    gateway_.metrics_.handshakes.add("failed");
    co_return false;
  }
  if (const auto peer = stream_->tls_peer()) {
    transport_ = peer->version;
    gateway_.metrics_.handshakes.add(transport_);
    gateway_.metrics_.handshake_seconds.observe(net::steady_now() - begun);
    if (peer->certificate_verified) certificate_device_ = device_of(*peer);
    if (certificate_device_) log_if_read(*certificate_device_);
  }
  // The list may have changed during the handshake.
  co_return !close_if_revoked();
}

// To the end of the stream. After end() the peer's bytes are only taken off the socket, because an Abort or a
// refusal that was sent last may be lost otherwise.
awaitable<void> Connection::read_all() {
  for (;;) {
    const auto readable = co_await stream_->wait_readable();
    auto read = readable ? read_in_turn() : Result<Turn>(readable.error());
    while (read && *read == Turn::used_up) {
      co_await boost::asio::post(boost::asio::use_awaitable);
      read = read_in_turn();
    }
    if (read) continue;
    if (read.error() == net::NetError::unacknowledged) {
      co_return end(Disconnection::unresponsive, read.error().message(),
                    Fault{Stage::tcp, Cause::unresponsive});
    }
    co_return end(Disconnection::closed, read.error().message());
  }
}

// Until the socket is empty, or the connection has had its turn.
Result<Connection::Turn> Connection::read_in_turn() {
  const auto scratch = gateway_.shard_.scratch().first(turn_bytes);
  for (std::size_t taken = 0; taken < turn_bytes;) {
    const auto count = stream_->try_read(scratch);
    if (!count) {
      if (count.error() == net::NetError::would_block) return Turn::nothing_left;
      return count.error();
    }
    taken += *count + read_cost_bytes;
    gateway_.metrics_.bytes_in.add(*count);
    if (ended_) continue;
    perform(session_.receive(scratch.first(*count), net::steady_now()));
    count_in();
  }
  return Turn::used_up;
}

bool Connection::release() {
  if (std::exchange(released_, true)) return false;
  if (session_started_ && !ended_) {
    perform(session_.release(hold_off(gateway_.limits_.release_hold_off_max)));
  } else {
    stream_->close();
  }
  return true;
}

void Connection::add_to(Levels& levels) const {
  if (ended_) {
    ++levels.closing;
  } else if (!session_started_) {
    ++levels.handshaking;
  } else {
    ++(session_.is_signed_in() ? levels.signed_in : levels.unsigned_in);
  }
  levels.said_entries += intake_.size();
  levels.write_bytes += outbox_.bytes_kept();
  levels.requests_out += session_.requests_out();
  levels.requests_in += serving_;
  levels.observations += observations_.size();
}

Busy Connection::take_busy() {
  return {device_session_ ? device_session_->key.device : DeviceId(), std::exchange(messages_, 0)};
}

bool Connection::close_if_revoked() {
  const bool is_revoked = !ended_ && gateway_.tls_context_ && stream_->is_revoked_by(*gateway_.tls_context_);
  if (!is_revoked) return false;
  end(Disconnection::certificate_revoked, device::to_sentence(Disconnection::certificate_revoked),
      Fault{Stage::tls, Cause::certificate_revoked});
  stream_->close();
  return true;
}

void Connection::shed() {
  end(Disconnection::closed, "the hub's memory is short", Fault{Stage::tcp, Cause::too_many_connections},
      "memory_bytes_max");
  stream_->close();
}

void Connection::note_sign_in() {
  if (session_.is_signed_in()) return newcomer_.reset();
  if (newcomer_) return;
  const auto peer = net::parse_endpoint(peer_);
  newcomer_.emplace(gateway_.newcomers_.enter(this, peer ? peer->address() : Newcomers::Address()));
}

void Connection::end(Disconnection reason, std::string why, std::optional<Fault> fault,
                     std::string_view limit) {
  if (std::exchange(ended_, true)) return;
  if (fault) {
    has_told_why_ = true;
    note_refusal(*fault, std::nullopt, "closed: " + why, limit);
  } else {
    log(Level::info, "closed", "closed: " + why);
  }
  ended_by_ = reason;
  outbox_.finish();
  timer_.schedule(net::steady_now() + linger_time);
  const auto end_session = [](std::shared_ptr<Connection> self) -> awaitable<void> {
    // In a turn of its own: whoever sends may find the connection ended afterwards, but not its mirror, its
    // intake or its observations gone, from one of which it may have been called.
    co_await boost::asio::post(boost::asio::use_awaitable);
    co_await self->end_device_session(self->ended_by_);
  };
  gateway_.shard_.spawn(end_session(shared_from_this()));
}

void Connection::close(Disconnection reason) {
  if (ended_) return;
  if (serving_ > 0 && reason == Disconnection::deregistered) {
    close_when_served_ = true;  // it may have been the device's own sign-off: let it have its answer
    return;
  }
  end(reason, device::to_sentence(reason));
  stream_->close();
}

// -- The session's actions

void Connection::perform(Actions actions) {
  for (Action& action : actions) {
    std::visit([this](auto& what) { perform(what); }, action);
  }
  schedule();
}

void Connection::schedule() {
  if (ended_) return;
  timer_.schedule(mirror_ ? std::min(session_.deadline(), mirror_->deadline()) : session_.deadline());
}

void Connection::perform(Send& action) {
  if (ended_) return;
  count_out(action.bytes);
  if (!action.correlation.empty()) trace_sent(action);
  if (logged_) log_message(cloud::ProtocolLine::Direction::to_device, message_of(action));
  const auto sent = outbox_.send(std::move(action.bytes));
  if (!sent) {
    end(Disconnection::unresponsive, sent.error().message(), Fault{Stage::tcp, Cause::unresponsive},
        sent.error() == net::NetError::write_queue_full ? "write_queue_bytes_max" : "");
    stream_->close();
  }
}

void Connection::count_in() {
  const MessageCounts counts = session_.take_counts();
  gateway_.metrics_.heard(counts);
  messages_ += std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void Connection::count_out(ByteView frame) {
  const auto head = coap::decode_head(frame, {SIZE_MAX, SIZE_MAX, SIZE_MAX});
  OCF_ASSERT(head && *head, "the hub's own frames are well-formed");
  gateway_.metrics_.messages_out[static_cast<std::size_t>(coap::code_class((*head)->code))].add();
  gateway_.metrics_.bytes_out.add(frame.size());
}

void Connection::message_came(const Message& message) {
  log_message(cloud::ProtocolLine::Direction::from_device, message);
}

void Connection::begin_protocol_log() {
  if (device_session_) log_if_read(device_session_->key.device);
}

void Connection::log_if_read(const DeviceId& device) {
  logged_.reset();
  session_.tell(nullptr);
  if (device == DeviceId() || !cloud().protocol_logs().is_read(device)) return;
  logged_ = device;
  session_.tell(this);
}

void Connection::log_message(cloud::ProtocolLine::Direction direction, const Message& message) {
  if (!cloud().protocol_logs().is_read(*logged_)) {
    logged_.reset();
    return session_.tell(nullptr);
  }
  cloud::ProtocolLine line;
  line.time = net::wall_now();
  line.direction = direction;
  line.message = coap::describe(message);
  cloud().protocol_logs().note(*logged_, line);
}

void Connection::trace_sent(const Send& request) {
  cloud().traces().note(
      request.correlation,
      cloud::message_hop("the device is asked", coap::describe(message_of(request)), request.bytes));
}

void Connection::trace_answered(const Deliver& answer) {
  const bool by_hub = answer.frame.empty();
  std::string what =
      by_hub ? "the request is longer than the device can take: it is not sent" : "the device answers";
  std::string message = by_hub ? std::string() : coap::describe(answer.response);
  cloud().traces().note(answer.purpose.correlation,
                        cloud::message_hop(std::move(what), std::move(message), answer.frame));
}

void Connection::perform(Serve& action) {
  ++serving_;
  to_serve_.push_back(std::move(action.request));
  if (to_serve_.size() == 1) spawn(serve_in_turn(shared_from_this()));
}

// One request, then the other connections have theirs: who asks for much at once waits longest.
awaitable<void> Connection::serve_in_turn(std::shared_ptr<Connection> self) {
  while (!self->to_serve_.empty()) {
    self->spawn(serve(self, std::move(self->to_serve_.front())));
    co_await boost::asio::post(boost::asio::use_awaitable);
    self->to_serve_.pop_front();
  }
}

void Connection::perform(Deliver& action) { hear(action); }
void Connection::perform(DeliverCustody& action) { intake_.put(std::move(action)); }
void Connection::perform(Refused& action) {
  note_refusal(action.fault, action.claimed, std::move(action.why), action.limit);
}
void Connection::perform(Close& action) {
  end(action.reason, std::move(action.why), action.fault, action.limit);
}

awaitable<void> Connection::serve(std::shared_ptr<Connection> self, Message request) {
  const coap::Token token = request.token;
  Exchange exchange{*self, self->gateway_.cloud_, self->gateway_.settings_, std::move(request)};
  const Endpoint endpoint = endpoint_of(exchange.request);
  const SteadyTime begun = net::steady_now();
  const auto admitted = self->admit(exchange.request);
  std::optional<Answer> answered;
  if (!admitted) answered = refuse(exchange, admitted.error());
  if (!answered) answered = co_await endpoint(exchange);
  Answer answer = std::move(*answered);
  --self->serving_;
  self->gateway_.metrics_.requests.add(name_of(endpoint), coap::to_text(answer.message.code));
  self->gateway_.metrics_.request_seconds.observe(net::steady_now() - begun);
  const bool was_signed_in = self->session_.is_signed_in();
  self->perform(
      self->session_.answer(exchange.request, std::move(answer.message), answer.outcome, net::steady_now()));
  self->note_sign_in();
  self->observations_.answered(token);
  if (self->serving_ == 0) self->intake_.served();
  if (self->close_when_served_ && self->serving_ == 0) co_return self->close(Disconnection::deregistered);
  if (!was_signed_in && self->session_.is_signed_in() && self->device_session_) self->begin_mirror();
}

Result<void> Connection::admit(const Message& request) {
  if (!device_session_ || !is_for_owner(request.code, request.path())) return {};
  return gateway_.cloud_.admit(device_session_->caller);
}

// -- The device's session

awaitable<Result<std::optional<Time>>> Connection::sign_in(cloud::SignIn request) {
  request.certificate_device = certificate_device_;
  request.peer = peer_;
  request.transport = transport_;
  if (device_session_) {
    auto caller = co_await gateway_.cloud_.renew(*device_session_, std::move(request));
    if (!caller) co_return caller.error();
    if (!device_session_) co_return cloud::CloudError::session_ended;
    device_session_->caller = std::move(*caller);
    co_return device_session_->caller.expires;
  }
  auto session = co_await gateway_.cloud_.sign_in(std::move(request), *this);
  if (!session) co_return session.error();
  if (ended_) {
    co_await gateway_.cloud_.disconnect(std::move(*session), ended_by_);
    co_return cloud::CloudError::session_ended;
  }
  device_session_ = std::move(*session);
  // Commands that wait go out as soon as the sign-in is answered.
  session_.hosts(gateway_.cloud_.links_of(device_session_->key).size());
  log_if_read(device_session_->key.device);
  log(Level::info, "signed_in",
      "signed in over " + transport_ + ", session epoch " + std::to_string(device_session_->epoch));
  co_return device_session_->caller.expires;
}

awaitable<void> Connection::end_device_session(Disconnection reason) {
  if (!device_session_) co_return;
  cloud::DeviceSession session = std::move(*device_session_);
  device_session_.reset();
  // What comes now may be another device's.
  log_if_read(certificate_device_.value_or(DeviceId()));
  mirror_.reset();
  synchronized_.reset();
  intake_.clear();
  patience_.give_up();
  observations_.clear();
  co_await gateway_.cloud_.disconnect(std::move(session), reason);
}

// -- What the hub asks the device of itself

void Connection::begin_mirror() {
  const device::DeviceKey key = device_session_->key;
  Mirror::Known known = [this, key](const Href& href) { return gateway_.cloud_.known_etag(key, href); };
  mirror_.emplace(key.device, device_session_->etag.value_or(Bytes()), std::move(known), gateway_.limits_);
  if (gateway_.lost_publications_.contains(key)) ask(Questions(1, mirror_->discover()));
  keep_true(gateway_.cloud_.links_of(key));
}

void Connection::ask(Questions questions) {
  for (Question& question : questions) {
    perform(session_.request(std::move(question.purpose), std::move(question.request)));
  }
}

void Connection::keep_true(const std::vector<Link>& links) {
  if (!mirror_) return;
  session_.hosts(gateway_.cloud_.links_of(device_session_->key).size());
  ask(mirror_->keep_true(links, net::steady_now()));
  schedule();
}

void Connection::read_again(const Href& href) {
  if (mirror_) ask(mirror_->read_again(href));
}

void Connection::forget_unpublished() {
  if (!mirror_) return;
  const std::vector<Link> left = gateway_.cloud_.links_of(device_session_->key);
  session_.hosts(left.size());
  session_.forget_all_but(left);
  mirror_->forget_all_but(left);
}

void Connection::hear(const Deliver& answer) {
  if (!device_session_) return;
  if (answer.purpose.kind == Purpose::Kind::command) {
    trace_answered(answer);
    cloud::Confirmation confirmation;
    confirmation.correlation = answer.purpose.correlation;
    confirmation.href = answer.purpose.href;
    confirmation.status = status_of(answer.response.code);
    confirmation.content = content_of(answer.response);
    confirmation.etag = etag_of(answer.response);
    return intake_.put(std::move(confirmation));
  }
  if (!mirror_) return;
  Heard heard = mirror_->hear(answer.purpose, answer.response, net::steady_now());
  if (!heard.trouble.empty()) log(Level::warn, "not_understood", heard.trouble);
  for (Heard::Representation& said : heard.said) {
    cloud::Notification notification;
    notification.href = std::move(said.href);
    notification.content = std::move(said.content);
    notification.etag = std::move(said.etag);
    intake_.put(std::move(notification));
  }
  if (heard.gone) intake_.put(Gone(std::move(*heard.gone)));
  if (!heard.links.empty()) intake_.put(Found(std::move(heard.links)));
  if (!mirror_) return;
  ask(std::move(heard.next));
  // Sending may have ended the connection, and so may what was refused just now: it is not stored. Said again
  // only where something has changed.
  if (!ended_ && mirror_ && mirror_->in_sync() && synchronized_ != mirror_->etag()) {
    synchronized_ = mirror_->etag();
    intake_.put(Synchronized(*synchronized_));
  }
}

// The event of the session's first time tells that the shadow is true. Later ETags are told at the end of the
// session, so that a notification costs one event; an ETag that does not hold any more is told at once.
awaitable<Result<void>> Connection::synchronize(cloud::DeviceSession session, Bytes etag) {
  const bool is_first = !session.in_sync;
  if (is_first || (etag.empty() && session.etag && !session.etag->empty())) {
    const auto told = co_await gateway_.cloud_.synchronize(session, etag);
    if (!told) co_return told.error();
  }
  if (device_session_ && device_session_->epoch == session.epoch) {
    device_session_->in_sync = true;
    device_session_->etag = std::move(etag);
  }
  co_return Result<void>();
}

// -- Publications

// Counts a publication among those that are kept, from the first time that it has to be.
class Connection::Kept {
 public:
  explicit Kept(Connection& connection) : connection_(connection) {}
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() {
    if (is_kept_) --connection_.publications_kept_;
  }

  // Whether there is room for it.
  bool keep() {
    if (is_kept_) return true;
    if (connection_.publications_kept_ >= connection_.limits().publications_kept_max) {
      connection_.hit("publications_kept_max");
      return false;
    }
    ++connection_.publications_kept_;
    return is_kept_ = true;
  }

 private:
  Connection& connection_;
  bool is_kept_ = false;
};

awaitable<Result<std::vector<Link>>> Connection::publish(const PublishRequest& request) {
  const cloud::DeviceSession session = *device_session_;
  const auto lost = [&](const Error& error) {
    if (gateway_.lost_publications_.size() < gateway_.limits_.connections_max)
      gateway_.lost_publications_.insert(session.key);
    return error;
  };
  // One that comes while another one waits for the store is kept behind it: a later one must not be
  // overtaken.
  Kept kept(*this);
  if (publications_kept_ > 0 && !kept.keep()) co_return lost(es::StoreError::unavailable);
  const net::Turn::Held turn = co_await publications_.take();
  Patience::Pause pause = Patience::first_pause;
  for (;;) {
    auto published = co_await gateway_.cloud_.publish(session, request.links, request.name,
                                                      std::chrono::seconds(request.ttl));
    if (published) co_return published;
    const bool has_ended = !device_session_ || device_session_->epoch != session.epoch;
    const bool is_lost = has_ended && published.error() == cloud::CloudError::session_ended;
    if (!is_outage(published.error()) && !is_lost) co_return published;
    // Of a session that ended during the attempt nobody would end the wait.
    if (has_ended || !kept.keep() || !co_await patience_.wait(pause)) co_return lost(published.error());
  }
}

awaitable<Result<void>> Connection::unpublish(cloud::DeviceSession session,
                                              std::vector<std::int64_t> instances) {
  const net::Turn::Held turn = co_await publications_.take();
  co_return co_await gateway_.cloud_.unpublish(session, std::move(instances));
}

void Connection::publication_found(const std::vector<Link>& links) {
  if (!device_session_) return;
  gateway_.lost_publications_.erase(device_session_->key);
  log(Level::info, "published",
      "published " + std::to_string(links.size()) + " links that the device was asked for");
  keep_true(links);
}

// -- cloud::Channel

void Connection::offer(cloud::Dispatch dispatch) {
  Message request;
  switch (dispatch.operation) {
    case resource::Operation::retrieve: request.code = Code::get; break;
    case resource::Operation::remove: request.code = Code::del; break;
    case resource::Operation::create:
    case resource::Operation::update: request.code = Code::post; break;
  }
  request.add_path(dispatch.href.text());
  for (std::string_view rest = dispatch.query; !rest.empty();)
    request.add(OptionNumber::uri_query, cloud::take_part(rest));
  request.add_uint(OptionNumber::accept, coap::content_format::ocf_cbor);
  if (dispatch.content.bytes) {
    request.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
    request.payload = *dispatch.content.bytes;
  }
  Purpose purpose{Purpose::Kind::command, std::move(dispatch.href), std::move(dispatch.correlation)};
  perform(session_.request(std::move(purpose), std::move(request)));
}

Connection::Asked Connection::asked(const es::CorrelationId& correlation) const {
  if (session_.is_asking(correlation)) return Asked::awaited;
  return intake_.holds_answer(correlation) ? Asked::answered : Asked::nothing;
}

void Connection::answer_custody(Bytes pong) {
  Send sent{std::move(pong)};
  perform(sent);
}

// -- For endpoints

void Connection::notify_client(const Message& request, Message notification) {
  perform(session_.notify(request, std::move(notification), net::steady_now()));
}

std::string Connection::advertised_endpoint() const {
  return transport_ == "tcp" ? gateway_.settings_.tcp_endpoint : gateway_.settings_.tls_endpoint;
}

Advertisement Connection::advertisement() const {
  Advertisement advertisement;
  advertisement.route = route_prefix;
  advertisement.endpoints.push_back(advertised_endpoint());
  advertisement.href_bytes_max = advertised_href_bytes_max;
  return advertisement;
}

unsigned Connection::free_percent() const {
  const std::size_t max = gateway_.limits_.connections_max;
  const std::size_t free = max - std::min(max, gateway_.connections());
  return static_cast<unsigned>((free * 100 + max - 1) / max);
}

std::int64_t Connection::seconds_until(const std::optional<Time>& expires) const {
  if (!expires) return -1;
  return std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::seconds>(*expires - gateway_.cloud_.now()).count());
}

std::optional<SteadyTime> Connection::steady(const std::optional<Time>& time) const {
  if (!time) return std::nullopt;
  return net::steady_now() + (*time - gateway_.cloud_.now());
}

void Connection::note_refusal(const Message& request, Code code, Fault fault, std::string_view why,
                              std::string_view limit) {
  if (has_told_why_) return;  // what comes of that now would hide it
  note_refusal(fault, claimed_device(request), refusal_text(request, code, why), limit);
}

// Of a device that is signed in only an account request may be about another one.
void Connection::note_refusal(Fault fault, std::optional<DeviceId> claimed, std::string reason,
                              std::string_view limit) {
  device::Refusal refusal;
  refusal.time = net::wall_now();
  refusal.fault = fault;
  refusal.peer = peer_;
  refusal.device = claimed;
  if (device_session_ && (!claimed || fault.stage == Stage::publish)) {
    refusal.device = device_session_->key.device;
  } else if (!claimed && certificate_device_ && *certificate_device_ != DeviceId()) {
    refusal.device = certificate_device_;
  }
  refusal.reason = std::move(reason);
  refusal.limit = limit;
  gateway_.note(std::move(refusal));
}

void Connection::log(Level level, std::string_view event, std::string text) const {
  telemetry::LogLine line(level, event, std::move(text));
  line.peer = peer_;
  if (device_session_) {
    line.device = device_session_->key.device.text();
  } else if (certificate_device_) {
    line.device = "(certificate of " + certificate_device_->text() + ')';
  }
  gateway_.log_(line);
}

void set_content(Message& message, const Message& request, const resource::Content& content) {
  if (!content.bytes || content.bytes->empty()) return;
  std::uint16_t format = content.format;
  if (format == coap::content_format::ocf_cbor || format == coap::content_format::cbor) {
    format = accepted_format(request).value_or(coap::content_format::ocf_cbor);
  }
  if (format != resource::Content::no_format) message.add_uint(OptionNumber::content_format, format);
  if (request.find(OptionNumber::ocf_accept_content_format_version) != nullptr) {
    message.add_uint(OptionNumber::ocf_content_format_version, coap::ocf_version_1_0_0);
  }
  message.payload = *content.bytes;
}

}  // namespace ocf::gateway
