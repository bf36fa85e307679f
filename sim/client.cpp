#include "sim/client.hpp"

#include "coap/frame.hpp"
#include "net/clock.hpp"
#include "net/error.hpp"
#include "net/outbox.hpp"
#include "net/stream.hpp"
#include "sim/registration.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace ocf::sim {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

namespace {

constexpr std::size_t write_queue_bytes_max = 1024 * 1024;
constexpr std::uint64_t first_token = 0x6f63'6600'0000'0001;

class RefusalCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "coap"; }
  std::string message(int value) const override {
    return "the cloud answered " + coap::to_text(static_cast<Code>(value));
  }
};

Message content_request(Code code, std::string_view path, Bytes payload) {
  Message request = cloud_request(code, path);
  request.payload = std::move(payload);
  return request;
}

}  // namespace

Error refusal(Code code) {
  static const RefusalCategory category;
  return {static_cast<int>(code), category};
}

struct Client::Connection {
  Connection(net::Shard& shard, std::unique_ptr<net::Stream> stream_in)
      : stream(std::move(stream_in)), outbox(shard, *stream, write_queue_bytes_max) {}

  std::unique_ptr<net::Stream> stream;
  net::Outbox outbox;
  Bytes input;
};

// One request and its answer, in the frame of ask().
struct Client::Exchange {
  Exchange(Client& client, coap::Token token_in)
      : of(client), token(token_in), answered(client.shard_.context(), client.settings_.answer_time) {
    of.exchanges_[token] = this;
  }
  ~Exchange() { of.exchanges_.erase(token); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Client& of;
  const coap::Token token;
  net::SteadyTimer answered;  // cancelled by the answer, and by the end of the connection
  std::optional<Message> answer;
};

Client::Client(net::Shard& shard, ClientSettings settings)
    : shard_(shard), settings_(std::move(settings)), next_token_(first_token) {}

Client::~Client() = default;

// -- The connection

net::awaitable<Result<void>> Client::connect() {
  auto holder = gate_.enter();
  if (!holder) co_return holder.error();
  const Connector& connector = settings_.connector;
  auto connecting =
      connector ? connector(settings_.server) : connect_to(shard_, settings_.server, settings_.tls);
  auto stream = co_await std::move(connecting);
  if (!stream) co_return stream.error();
  const auto shaken = co_await (*stream)->handshake();
  if (!shaken) co_return shaken.error();
  connection_ = std::make_shared<Connection>(shard_, std::move(*stream));
  cloud_ = {};
  shard_.spawn(read_all(connection_, std::move(*holder)));
  if (settings_.max_message_size > 0) {
    send(coap::csm(coap::Token::of(next_token_++), settings_.max_message_size));
  }
  co_return Result<void>();
}

net::awaitable<void> Client::stop() {
  close();
  gate_.close();
  co_await gate_.left();
}

void Client::close() {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->stream->close();
  observers_.clear();
  for (const auto& [token, exchange] : exchanges_) exchange->answered.cancel();
}

net::awaitable<void> Client::read_all(std::shared_ptr<Connection> connection,
                                      [[maybe_unused]] net::Gate::Holder holder) {
  while (connection_ == connection) {
    const auto readable = co_await connection->stream->wait_readable();
    if (!readable || !read_what_is_there(*connection)) break;
  }
  if (connection_ == connection) close();
}

bool Client::read_what_is_there(Connection& connection) {
  while (connection_.get() == &connection) {
    const auto scratch = shard_.scratch();
    const auto count = connection.stream->try_read(scratch);
    if (!count) return count.error() == net::NetError::would_block;
    connection.input.insert(connection.input.end(), scratch.begin(),
                            scratch.begin() + static_cast<std::ptrdiff_t>(*count));
    for (;;) {
      auto frame = coap::decode_frame(connection.input, {});
      if (!frame) return false;
      if (!*frame) break;
      connection.input.erase(connection.input.begin(),
                             connection.input.begin() + static_cast<std::ptrdiff_t>((*frame)->bytes));
      take(std::move((*frame)->message));
    }
  }
  return false;
}

void Client::take(Message message) {
  switch (message.code) {
    case Code::csm: cloud_ = coap::apply_csm(cloud_, message).capabilities; return;
    case Code::ping: return send(coap::pong(message));
    case Code::release:
    case Code::abort: return close();
    default:
      if (coap::is_response(message.code)) take_response(std::move(message));
  }
}

void Client::take_response(Message response) {
  if (const auto exchange = exchanges_.find(response.token); exchange != exchanges_.end()) {
    // A second answer would come before the first one was picked up: the observer's, if there is one.
    if (!exchange->second->answer) {
      exchange->second->answer = std::move(response);
      exchange->second->answered.cancel();
      return;
    }
  }
  const auto observer = observers_.find(response.token);
  if (observer == observers_.end()) {
    ++strays_;
    return;
  }
  observer->second(response);
}

void Client::send(const Message& message) {
  if (!connection_) return;
  const auto sent = connection_->outbox.send(coap::encode_frame(message));
  if (!sent) close();
}

// -- Requests

net::awaitable<Result<Message>> Client::ask(Message request) {
  using Answer = Result<Message>;
  if (!connection_) co_return Answer(make_error_code(net::NetError::closed));
  if (request.token == coap::Token()) request.token = coap::Token::of(next_token_++);
  Exchange exchange(*this, request.token);
  send(request);
  if (!connection_) co_return Answer(make_error_code(net::NetError::closed));
  const auto holder = gate_.enter();
  co_await exchange.answered.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (exchange.answer) co_return Answer(std::move(*exchange.answer));
  if (!connection_) co_return Answer(make_error_code(net::NetError::closed));
  co_return Answer(boost::asio::error::timed_out);
}

net::awaitable<Result<Account>> Client::sign_up(DeviceId device, std::string code, std::string provider) {
  SignUpRequest sign_up;
  sign_up.device = device;
  sign_up.code = std::move(code);
  sign_up.provider = std::move(provider);
  sign_up.device_type = "device";
  Message request = content_request(Code::post, "/oic/sec/account", sign_up.encode());
  const auto response = co_await ask(std::move(request));
  if (!response) co_return response.error();
  if (!coap::is_success(response->code)) co_return refusal(response->code);
  auto answer = SignUpAnswer::decode(response->payload);
  if (!answer) co_return answer.error();
  Account account;
  account.device = device;
  account.uid = std::move(answer->uid);
  account.access_token = std::move(answer->access_token);
  account.refresh_token = std::move(answer->refresh_token);
  co_return account;
}

net::awaitable<Result<void>> Client::sign_in(Account account) {
  SignInRequest sign_in;
  sign_in.device = account.device;
  sign_in.uid = std::move(account.uid);
  sign_in.access_token = std::move(account.access_token);
  Message request = content_request(Code::post, "/oic/sec/session", sign_in.encode());
  const auto response = co_await ask(std::move(request));
  if (!response) co_return response.error();
  if (!coap::is_success(response->code)) co_return refusal(response->code);
  const auto answer = SignInAnswer::decode(response->payload);
  if (!answer) co_return answer.error();
  co_return Result<void>();
}

net::awaitable<Result<std::vector<DiscoveredLink>>> Client::discover(std::string query) {
  Message request = cloud_request(Code::get, "/oic/res");
  if (!query.empty()) request.add(OptionNumber::uri_query, query);
  const auto response = co_await ask(std::move(request));
  if (!response) co_return response.error();
  if (!coap::is_success(response->code)) co_return refusal(response->code);
  co_return decode_links(response->payload);
}

net::awaitable<Result<Message>> Client::get(std::string href) { return ask(cloud_request(Code::get, href)); }

net::awaitable<Result<Message>> Client::post(std::string href, Bytes payload) {
  return ask(content_request(Code::post, href, std::move(payload)));
}

net::awaitable<Result<Message>> Client::observe(std::string href, Observer observer) {
  Message request = cloud_request(Code::get, href);
  request.add_uint(OptionNumber::observe, 0);
  request.token = coap::Token::of(next_token_++);
  const coap::Token token = request.token;
  observers_[token] = std::move(observer);
  auto response = co_await ask(std::move(request));
  if (!response || !response->find(OptionNumber::observe)) observers_.erase(token);
  co_return response;
}

}  // namespace ocf::sim
