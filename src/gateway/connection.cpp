#include "gateway/connection.hpp"

#include "base/assert.hpp"
#include "base/random.hpp"
#include "gateway/coap_status.hpp"
#include "gateway/fault.hpp"
#include "gateway/routes.hpp"
#include "net/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

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

// Any start will do: tokens of one connection only have to differ from each other.
std::uint64_t token_seed() {
  const Bytes bytes = random_bytes(4);
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : bytes) seed = seed << 8 | byte;
  return seed << 32;
}

resource::Content content_of(const Message& message) {
  resource::Content content;
  if (const auto format = message.uint(OptionNumber::content_format))
    content.format = static_cast<std::uint16_t>(*format);
  if (!message.payload.empty()) content.bytes = share(message.payload);
  return content;
}

// Extended key usage of an OCF identity certificate (OCF Security, section 9.4.2.2).
constexpr std::string_view ocf_identity = "1.3.6.1.4.1.44924.1.6";

// The device that the certificate is for; the nil id, which no device has, if it is no OCF identity.
DeviceId device_of(const net::TlsPeer& peer) {
  const auto& usages = peer.extended_key_usage;
  const bool is_identity =
      peer.certificate_verified && std::find(usages.begin(), usages.end(), ocf_identity) != usages.end();
  const auto device = DeviceId::parse(peer.device_id);
  return is_identity && device ? *device : DeviceId();
}

Bytes etag_of(const Message& message) {
  const coap::Option* etag = message.find(OptionNumber::etag);
  return etag == nullptr ? Bytes() : etag->value;
}

}  // namespace

Connection::Connection(Gateway& gateway, std::unique_ptr<net::Stream> stream, net::ConnectionLimit::Slot slot)
    : gateway_(gateway),
      holder_(enter(gateway.gate_)),
      slot_(std::move(slot)),
      stream_(std::move(stream)),
      peer_(stream_->peer_address()),
      outbox_(gateway.shard_, *stream_, gateway.limits_.write_queue_bytes_max),
      session_(gateway.limits_, token_seed(), net::steady_now()),
      observations_(*this),
      timer_(gateway.shard_.timers(), [this](SteadyTime now) {
        if (ended_ || !session_started_) return stream_->close();
        perform(session_.tick(now));
      }) {
  gateway_.connections_.insert(this);
}

Connection::~Connection() { gateway_.connections_.erase(this); }

// -- The life of a connection

awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  if (co_await handshake()) {
    session_started_ = true;
    perform(session_.start());
    co_await read_all();
  }
  stream_->close();
  timer_.cancel();
  observations_.clear();
}

awaitable<bool> Connection::handshake() {
  timer_.schedule(net::steady_now() + gateway_.limits_.tls_handshake_time);
  const auto shaken = co_await stream_->handshake();
  if (!shaken) {
    const net::HandshakeFailure failure = stream_->handshake_failure();
    const auto named = DeviceId::parse(failure.device_id);
    note_refusal(fault_of(failure.fault), named ? std::optional(*named) : std::nullopt,
                 "TLS handshake failed: " + failure.text);
    co_return false;
  }
  if (const auto peer = stream_->tls_peer()) {
    transport_ = peer->version;
    certificate_device_ = device_of(*peer);
  }
  co_return true;
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
    if (!read) co_return end(Disconnection::closed, read.error().message());
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
    if (!ended_) perform(session_.receive(scratch.first(*count), net::steady_now()));
  }
  return Turn::used_up;
}

void Connection::release() {
  if (session_started_ && !ended_) {
    perform(session_.release());
  } else {
    stream_->close();
  }
}

void Connection::end(Disconnection reason, std::string why, std::optional<Fault> fault) {
  if (std::exchange(ended_, true)) return;
  if (fault) {
    note_refusal(*fault, std::nullopt, "closed: " + why);
  } else {
    log("info", "closed: " + why);
  }
  ended_by_ = reason;
  outbox_.finish();
  timer_.schedule(net::steady_now() + linger_time);
  const auto end_session = [](std::shared_ptr<Connection> self) -> awaitable<void> {
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
  if (!ended_) timer_.schedule(session_.deadline());
}

void Connection::perform(Send& action) {
  if (ended_) return;
  const auto sent = outbox_.send(std::move(action.bytes));
  if (!sent) {
    end(Disconnection::unresponsive, sent.error().message(), Fault{Stage::tcp, Cause::unresponsive});
    stream_->close();
  }
}

void Connection::perform(Serve& action) {
  ++serving_;
  gateway_.shard_.spawn(serve(shared_from_this(), std::move(action.request)));
}

void Connection::perform(Deliver& action) { hear(std::move(action)); }
void Connection::perform(DeliverCustody& action) { hear(std::move(action)); }
void Connection::perform(Refused& action) {
  note_refusal(action.fault, action.claimed, std::move(action.why));
}
void Connection::perform(Close& action) { end(action.reason, std::move(action.why), action.fault); }

awaitable<void> Connection::serve(std::shared_ptr<Connection> self, Message request) {
  const coap::Token token = request.token;
  Exchange exchange{*self, self->gateway_.cloud_, self->gateway_.settings_, std::move(request)};
  const Endpoint endpoint = endpoint_of(exchange.request);
  Answer answer = co_await endpoint(exchange);
  --self->serving_;
  if (self->served_ != nullptr) self->served_->cancel();
  const bool was_signed_in = self->session_.is_signed_in();
  self->perform(
      self->session_.answer(exchange.request, std::move(answer.message), answer.outcome, net::steady_now()));
  self->observations_.answered(token);
  if (self->close_when_served_ && self->serving_ == 0) co_return self->close(Disconnection::deregistered);
  // The sign-in is answered: now the hub may ask the device.
  if (!was_signed_in && self->session_.is_signed_in() && self->device_session_) {
    self->keep_true(self->gateway_.cloud_.links_of(self->device_session_->key));
  }
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
  log("info", "signed in over " + transport_ + ", session epoch " + std::to_string(device_session_->epoch));
  co_return device_session_->caller.expires;
}

awaitable<void> Connection::end_device_session(Disconnection reason) {
  if (!device_session_) co_return;
  cloud::DeviceSession session = std::move(*device_session_);
  device_session_.reset();
  said_.clear();
  sequence_ = 0;
  observations_.clear();
  co_await gateway_.cloud_.disconnect(std::move(session), reason);
}

void Connection::keep_true(const std::vector<Link>& links) {
  session_.hosts(gateway_.cloud_.links_of(device_session_->key).size());
  for (const Link& link : links) {
    if (session_.is_observing(link.href)) continue;
    Message request;
    request.code = Code::get;
    if (link.observable()) request.add_uint(OptionNumber::observe, 0);
    request.add_path(link.href.text());
    request.add_uint(OptionNumber::accept, coap::content_format::ocf_cbor);
    Purpose purpose;
    purpose.kind = link.observable() ? Purpose::Kind::observe : Purpose::Kind::retrieve;
    purpose.href = link.href;
    perform(session_.request(std::move(purpose), std::move(request)));
  }
}

// After a change: what cannot be observed would stay unknown.
void Connection::read_again(const Href& href) {
  if (!device_session_ || session_.is_observing(href)) return;
  std::vector<Link> links = gateway_.cloud_.links_of(device_session_->key);
  std::erase_if(links, [&href](const Link& link) { return link.href != href; });
  keep_true(links);
}

void Connection::forget_unpublished() {
  if (!device_session_) return;
  session_.forget_all_but(gateway_.cloud_.links_of(device_session_->key));
}

void Connection::offer(cloud::Dispatch dispatch) {
  Message request;
  switch (dispatch.operation) {
    case resource::Operation::retrieve: request.code = Code::get; break;
    case resource::Operation::remove: request.code = Code::del; break;
    case resource::Operation::create:
    case resource::Operation::update: request.code = Code::post; break;
  }
  request.add_path(dispatch.href.text());
  for (std::string_view rest = dispatch.query; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    request.add(OptionNumber::uri_query, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  request.add_uint(OptionNumber::accept, coap::content_format::ocf_cbor);
  if (dispatch.content.bytes) {
    request.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
    request.payload = *dispatch.content.bytes;
  }
  Purpose purpose{Purpose::Kind::command, std::move(dispatch.href), std::move(dispatch.correlation)};
  perform(session_.request(std::move(purpose), std::move(request)));
}

// -- What the device says, in order

void Connection::hear(Said said) {
  if (said_.size() >= gateway_.limits_.notifications_queued_max) {
    // Keep the newest of a resource; the queue holds more than one message of some resource when it is this
    // long.
    const auto* news = std::get_if<Deliver>(&said);
    const auto older = std::find_if(said_.begin(), said_.end(), [&](const Said& entry) {
      const auto* old = std::get_if<Deliver>(&entry);
      return news != nullptr && old != nullptr && news->purpose.kind == Purpose::Kind::observe &&
             old->purpose.kind == Purpose::Kind::observe && old->purpose.href == news->purpose.href;
    });
    if (older == said_.end())
      return end(Disconnection::unresponsive, "the device says more than the hub can store",
                 Fault{Stage::protocol, Cause::unresponsive});
    said_.erase(older);
  }
  said_.push_back(std::move(said));
  if (std::exchange(carrying_, true)) return;
  gateway_.shard_.spawn(carry(shared_from_this()));
}

awaitable<void> Connection::carry(std::shared_ptr<Connection> self) {
  while (!self->said_.empty()) {
    Said next = std::move(self->said_.front());
    self->said_.pop_front();
    if (auto* said = std::get_if<Deliver>(&next)) {
      co_await self->carry(std::move(*said));
    } else {
      co_await self->carry(std::move(std::get<DeliverCustody>(next)));
    }
  }
  self->carrying_ = false;
}

awaitable<void> Connection::carry(Deliver said) {
  if (!device_session_) co_return;
  const cloud::DeviceSession session = *device_session_;
  const std::uint64_t sequence = ++sequence_;
  Result<void> carried;
  if (said.purpose.kind == Purpose::Kind::command) {
    cloud::Confirmation confirmation;
    confirmation.correlation = said.purpose.correlation;
    confirmation.href = said.purpose.href;
    confirmation.status = status_of(said.response.code);
    confirmation.content = content_of(said.response);
    confirmation.etag = etag_of(said.response);
    confirmation.sequence = sequence;
    const bool changed = coap::is_success(said.response.code) && said.response.code != Code::content;
    carried = co_await gateway_.cloud_.confirm(session, std::move(confirmation));
    if (changed) read_again(said.purpose.href);
  } else if (said.response.code == Code::content) {
    cloud::Notification notification;
    notification.href = said.purpose.href;
    notification.content = content_of(said.response);
    notification.etag = etag_of(said.response);
    notification.sequence = sequence;
    carried = co_await gateway_.cloud_.notify(session, std::move(notification));
  } else {
    log("warn", "the device answered " + coap::to_text(said.response.code) + " to the hub's GET " +
                    said.purpose.href.text());
  }
  if (!carried && carried.error() != resource::ResourceError::unknown_command) {
    log("warn", "what the device said of " + said.purpose.href.text() +
                    " was not stored: " + carried.error().message());
  }
}

awaitable<void> Connection::carry(DeliverCustody said) {
  while (serving_ > 0 && !ended_) {
    boost::asio::steady_timer served(co_await boost::asio::this_coro::executor,
                                     boost::asio::steady_timer::time_point::max());
    served_ = &served;
    co_await served.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    served_ = nullptr;
  }
  Send pong{std::move(said.pong)};
  perform(pong);
}

// -- For endpoints

void Connection::notify_client(const Message& request, Message notification) {
  perform(session_.notify(request, std::move(notification), net::steady_now()));
}

std::string Connection::advertised_endpoint() const {
  return transport_ == "tcp" ? gateway_.settings_.tcp_endpoint : gateway_.settings_.tls_endpoint;
}

Time Connection::wall_now() const { return net::wall_now(); }

std::int64_t Connection::seconds_until(const std::optional<Time>& expires) const {
  if (!expires) return -1;
  return std::max<std::int64_t>(0,
                                std::chrono::floor<std::chrono::seconds>(*expires - net::wall_now()).count());
}

std::optional<SteadyTime> Connection::steady(const std::optional<Time>& time) const {
  if (!time) return std::nullopt;
  return net::steady_now() + (*time - net::wall_now());
}

void Connection::note_refusal(const Message& request, Code code, Fault fault, std::string_view why) {
  note_refusal(fault, claimed_device(request), refusal_text(request, code, why));
}

// Of a device that is signed in only an account request may be about another one.
void Connection::note_refusal(Fault fault, std::optional<DeviceId> claimed, std::string reason) {
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
  gateway_.note(std::move(refusal));
}

void Connection::log(std::string_view level, std::string_view line) const {
  std::string text = peer_;
  if (device_session_) {
    text += ' ' + device_session_->key.device.text();
  } else if (certificate_device_) {
    text += " (certificate of " + certificate_device_->text() + ')';
  }
  gateway_.log_(level, text + ": " + std::string(line));
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
