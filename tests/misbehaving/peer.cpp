#include "peer.hpp"

#include "base/random.hpp"
#include "cbor/cbor.hpp"
#include "coap/signaling.hpp"
#include "ocf/device_id.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace ocf::misbehaving {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using std::chrono::steady_clock;

Peer::Peer(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in hub{};
  hub.sin_family = AF_INET;
  hub.sin_port = htons(port);
  hub.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&hub), sizeof hub) != 0) give_up("cannot connect");
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Peer::~Peer() {
  if (socket_ >= 0) close(socket_);
}

Peer::Peer(Peer&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      input_(std::move(other.input_)),
      kept_(std::move(other.kept_)),
      device_(std::move(other.device_)),
      uid_(std::move(other.uid_)),
      access_token_(std::move(other.access_token_)) {}

Peer& Peer::operator=(Peer&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(input_, other.input_);
  std::swap(kept_, other.kept_);
  std::swap(device_, other.device_);
  std::swap(uid_, other.uid_);
  std::swap(access_token_, other.access_token_);
  return *this;
}

bool Peer::say(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Peer::read_some(steady_clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now()).count();
  pollfd wanted{socket_, POLLIN, 0};
  if (poll(&wanted, 1, static_cast<int>(std::max<decltype(left)>(left, 0))) != 1) return false;
  std::array<std::uint8_t, 65'536> part;
  const ssize_t count = recv(socket_, part.data(), part.size(), 0);
  if (count <= 0) return false;
  input_.insert(input_.end(), part.begin(), part.begin() + count);
  return true;
}

std::optional<Message> Peer::next() {
  if (kept_.empty()) return read_message();
  Message message = std::move(kept_.front());
  kept_.pop_front();
  return message;
}

std::optional<Message> Peer::read_message() {
  const auto end = steady_clock::now() + patience;
  for (;;) {
    auto frame = coap::decode_frame(input_, {});
    if (!frame) return std::nullopt;
    if (!*frame) {
      if (!read_some(end)) return std::nullopt;
      continue;
    }
    Message message = std::move((*frame)->message);
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>((*frame)->bytes));
    if (message.code == Code::ping) say(coap::pong(message));
    if (message.code != Code::csm && message.code != Code::ping) return message;
  }
}

Code Peer::next_code() {
  const auto message = next();
  return message ? message->code : Code::empty;
}

std::optional<Message> Peer::ask(const Message& request) {
  if (!say(request)) return std::nullopt;
  for (;;) {
    auto message = read_message();
    if (!message || (coap::is_response(message->code) && message->token == request.token)) return message;
    if (coap::is_request(message->code)) kept_.push_back(std::move(*message));
  }
}

bool Peer::is_closed_by_hub() {
  const auto end = steady_clock::now() + patience;
  while (read_some(end)) input_.clear();
  return steady_clock::now() < end;
}

bool Peer::drain() {
  while (read_some(steady_clock::now())) input_.clear();
  pollfd state{socket_, POLLIN, 0};
  return poll(&state, 1, 0) == 0;
}

void Peer::announce(std::size_t message_bytes_max) { say(coap::csm(coap::Token::of(1), message_bytes_max)); }

namespace {

// The texts of a map, for the keys that are asked for.
std::string text_at(ByteView map_bytes, std::string_view wanted) {
  std::string found;
  cbor::Reader reader(map_bytes);
  for (auto map = reader.map(); reader.next(map);) {
    if (reader.text() == wanted) {
      found = reader.text();
    } else {
      reader.skip();
    }
  }
  return found;
}

}  // namespace

bool Peer::sign_up_and_in(const std::string& device, const Onboarding& onboarding) {
  device_ = device;
  Bytes payload;
  cbor::Writer(payload)
      .map(3)
      .text("di")
      .text(device)
      .text("authprovider")
      .text(onboarding.provider)
      .text("accesstoken")
      .text(onboarding.code);
  const auto answer = ask(request(Code::post, "/oic/sec/account", 0xa1, std::move(payload)));
  if (!answer || answer->code != Code::changed) return false;
  uid_ = text_at(answer->payload, "uid");
  access_token_ = text_at(answer->payload, "accesstoken");
  return sign_in();
}

bool Peer::sign_in() {
  Bytes payload;
  cbor::Writer(payload)
      .map(4)
      .text("di")
      .text(device_)
      .text("uid")
      .text(uid_)
      .text("accesstoken")
      .text(access_token_)
      .text("login")
      .boolean(true);
  const auto answer = ask(request(Code::post, "/oic/sec/session", 0xa2, std::move(payload)));
  return answer && answer->code == Code::changed;
}

void Peer::be(const Peer& other) {
  device_ = other.device_;
  uid_ = other.uid_;
  access_token_ = other.access_token_;
}

Message request(Code code, std::string_view path, std::uint64_t token) {
  Message message;
  message.code = code;
  message.token = coap::Token::of(token);
  message.add_path(path);
  return message;
}

Message request(Code code, std::string_view path, std::uint64_t token, Bytes payload) {
  Message message = request(code, path, token);
  message.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
  message.payload = std::move(payload);
  return message;
}

std::string new_device_id() {
  std::string hex = to_hex(random_bytes(16));
  hex[12] = '4';
  hex[16] = 'a';
  for (const std::size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace ocf::misbehaving
