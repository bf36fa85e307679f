// A session under any script: what the peer sends and in what pieces, how time passes, what the endpoints
// answer, what the hub asks of the device. The script's first bytes decide, so that mutations stay near it.
// The model beside the session knows only what went in and came out.
#include "base/assert.hpp"
#include "base/overload.hpp"
#include "gateway/admission.hpp"
#include "gateway/session.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ocf::gateway {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::array hrefs = {Href("/a"), Href("/b"), Href("/c"), Href("/d")};
constexpr std::array<std::string_view, 6> hub_paths = {path::session, path::account, path::token_refresh,
                                                       "/oic/rd",     "/oic/res",    path::roles};

// Small, so that short scripts meet them.
Limits small_limits() {
  Limits limits;
  limits.frame_bytes_max = 2048;
  limits.frame_bytes_before_sign_in_max = 512;
  limits.frame_bytes_to_peer_max = 192;
  limits.frame_bytes_to_peer_per_link = 16;
  limits.requests_in_flight_max = 4;
  limits.device_requests_in_flight_max = 3;
  limits.device_messages_per_second = 2;
  return limits;
}

constexpr std::size_t steps_max = 64;  // what a long script does after them, it has done before

// The bytes of the input in turn; zeros behind its end.
class Script {
 public:
  explicit Script(ByteView input) : input_(input) {}
  bool done() const { return input_.empty(); }
  std::uint8_t byte() {
    if (input_.empty()) return 0;
    const std::uint8_t first = input_.front();
    input_ = input_.subspan(1);
    return first;
  }
  std::size_t below(std::size_t bound) { return byte() % bound; }
  ByteView bytes(std::size_t count) {
    const ByteView first = input_.first(std::min(count, input_.size()));
    input_ = input_.subspan(first.size());
    return first;
  }

 private:
  ByteView input_;
};

class Play {
 public:
  explicit Play(ByteView input) : script_(input), limits_(small_limits()), session_(limits_, 0x1000, now_) {
    heed(session_.start(), 0);
  }

  void run() {
    begin(script_.byte());
    for (std::size_t steps = 0; steps < steps_max && !script_.done(); ++steps) {
      step();
      check();
    }
  }

 private:
  // A request of the hub to the device, known by the number that its query carries.
  struct Asked {
    Purpose purpose;
    std::size_t href = 0;
    coap::Token token;
    enum class State { waiting, in_flight, observing, forgotten, done } state = State::waiting;
  };

  // A sign-in, and observations, that few scripts would come to by themselves.
  void begin(std::uint8_t how) {
    if ((how & 1) != 0) {
      Message request;
      request.code = Code::post;
      request.add_path(path::session);
      hear(coap::encode_frame(request));
      answer(0, 0, SignedIn{});
    }
    if ((how & 2) != 0) {
      for (std::size_t href = 0; href < hrefs.size(); ++href) ask(Purpose::Kind::observe, href, 0);
    }
  }

  void step() {
    switch (script_.below(16)) {
      case 0:
      case 1:
      case 2: return hear_request();
      case 3:
      case 4:
      case 5: return hear_response();
      case 6:
      case 7:
      case 8: return answer();
      case 9:
      case 10: return ask();
      case 11: return forget();
      case 12: return hear_signaling();
      case 13: return pass_time();
      case 14: return hear_recorded();
      default: return do_what_is_rare();
    }
  }

  // -- What goes in

  void hear(ByteView bytes) {
    const coap::Capabilities before = session_.peer();
    const Actions actions = session_.receive(bytes, now_);
    if (!session_.is_closed()) listen_along(bytes);
    heed(actions, 0, before);
  }

  // Counts what the session has heard, with the same frames; less than one is left, within the limit.
  void listen_along(ByteView bytes) {
    heard_.insert(heard_.end(), bytes.begin(), bytes.end());
    coap::FrameBounds bounds;
    bounds.frame_bytes_max =
        session_.is_signed_in() ? limits_.frame_bytes_max : limits_.frame_bytes_before_sign_in_max;
    while (true) {
      const auto frame = coap::decode_frame(heard_, bounds);
      OCF_ASSERT(frame.has_value(), "what is no frame ends the session");
      if (!*frame) break;
      const Message& message = (*frame)->message;
      if (coap::is_request(message.code)) ++requests_heard_;
      if (message.code == Code::ping) ++pings_heard_;
      if (message.code == Code::release) released_ = true;
      if (coap::is_response(message.code)) hear_about(message);
      heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>((*frame)->bytes));
    }
    OCF_ASSERT(heard_.size() < bounds.frame_bytes_max, "no more is kept than one message");
  }

  // A forgotten request holds its place at the device until it is answered.
  void hear_about(const Message& response) {
    for (Asked& asked : asked_) {
      if (asked.state == Asked::State::forgotten && asked.token == response.token)
        asked.state = Asked::State::done;
    }
  }

  // In one piece or two.
  void hear(const Message& message) {
    const Bytes bytes = coap::encode_frame(message);
    const std::size_t cut = std::min<std::size_t>(script_.byte(), bytes.size());
    hear(ByteView(bytes).first(cut));
    hear(ByteView(bytes).subspan(cut));
  }

  void hear_request() {
    Message request;
    request.code = static_cast<Code>(1 + script_.below(7));
    if (const std::size_t which = script_.below(8); which < hub_paths.size()) {
      request.code = which < 4 ? Code::post : Code::get;
      request.add_path(hub_paths[which]);
    }
    request.token = coap::Token::of(script_.below(4));
    if (script_.below(8) == 0) request.add_raw(script_.byte(), script_.bytes(script_.below(4)));
    if (script_.below(4) == 0) request.add_uint(OptionNumber::block1, script_.byte());
    if (script_.below(4) == 0) request.add_uint(OptionNumber::block2, script_.byte());
    request.payload.resize((script_.below(8) == 0 ? 16 : 1) * script_.below(150));
    hear(request);
  }

  void hear_signaling() {
    Message message;
    message.code = static_cast<Code>(0xe1 + script_.below(5));
    message.token = coap::Token::of(script_.byte());
    if (script_.below(2) == 0) message.add_raw(4, {});
    if (script_.below(2) == 0) {
      const auto value = script_.bytes(script_.below(4));
      message.add_raw(static_cast<std::uint16_t>(1 + script_.below(4)), value);
    }
    hear(message);
  }

  void hear_response() {
    constexpr std::array codes = {Code::content, Code::changed, Code::valid, Code::not_found};
    Message response;
    response.code = codes[script_.below(codes.size())];
    if (!asked_.empty()) response.token = asked_[script_.below(asked_.size())].token;
    if (script_.below(2) == 0) response.add_uint(OptionNumber::observe, script_.byte());
    response.payload.resize(script_.byte());
    hear(response);
  }

  // Bytes as a device sent them once (tests/corpora.py); an answer is to what was asked here.
  void hear_recorded() {
    const std::size_t which = script_.byte();
    std::size_t size = 256 * script_.byte();
    size += script_.byte();
    const ByteView bytes = script_.bytes(size);
    const auto frame = coap::decode_frame(bytes, {});
    if (!frame || !*frame || !coap::is_response((*frame)->message.code) || asked_.empty()) return hear(bytes);
    Message response = (*frame)->message;
    response.token = asked_[which % asked_.size()].token;
    hear(response);
  }

  void answer() {
    const std::size_t which = script_.byte();
    const std::size_t bytes = 8 * script_.below(64);
    const Outcome outcome = some_outcome();
    if (open_.empty()) return;
    const Message& request = open_[which % open_.size()];
    answer(which % open_.size(), bytes, is_account(request) ? outcome : Outcome{});
  }

  void answer(std::size_t which, std::size_t bytes, const Outcome& outcome) {
    Message response;
    response.code = Code::changed;
    response.payload.resize(bytes);
    const Message request = std::move(open_[which]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    if (std::holds_alternative<SignedOut>(outcome)) forget_everything();
    heed(session_.answer(request, std::move(response), outcome, now_), 1);
  }

  Outcome some_outcome() {
    switch (script_.below(8)) {
      case 0: return SignedOut{};
      case 1: return SignInFailed{};
      case 2: return RetryLater{};
      case 3: return std::monostate{};
      case 4: return SignedIn{now_ + seconds(script_.byte())};
      default: return SignedIn{};
    }
  }

  void ask() {
    const auto kind = static_cast<Purpose::Kind>(script_.below(5));
    const std::size_t href = script_.below(hrefs.size());
    ask(kind, href, script_.byte());
  }

  void ask(Purpose::Kind kind, std::size_t href, std::size_t bytes) {
    const std::string number = std::to_string(asked_.size());
    Purpose purpose{kind, hrefs[href], es::CorrelationId(number)};
    Message request;
    request.code = kind == Purpose::Kind::command ? Code::post : Code::get;
    request.add_path(hrefs[href].text());
    request.add(OptionNumber::uri_query, "n=" + number);
    request.payload.resize(bytes);
    asked_.push_back({purpose, href, {}});
    heed(session_.request(std::move(purpose), std::move(request)), 0);
  }

  void forget() {
    const std::size_t kept = script_.byte();  // a bit for each
    std::vector<Link> links;
    for (std::size_t href = 0; href < hrefs.size(); ++href) {
      if ((kept >> href & 1) == 0) continue;
      links.emplace_back();
      links.back().href = hrefs[href];
    }
    session_.forget_all_but(links);
    using State = Asked::State;
    for (Asked& asked : asked_) {
      if (asked.purpose.kind != Purpose::Kind::observe || (kept >> asked.href & 1) != 0) continue;
      if (asked.state == State::in_flight) asked.state = State::forgotten;
      if (asked.state != State::forgotten) asked.state = State::done;
    }
  }

  void forget_everything() {
    for (Asked& asked : asked_) asked.state = Asked::State::done;
  }

  void pass_time() {
    constexpr std::array durations = {milliseconds(1), milliseconds(100), milliseconds(2000)};
    now_ += durations[script_.below(durations.size())] * script_.byte();
    if (script_.below(2) == 0 && !session_.is_closed())
      now_ = std::max(now_, std::min(session_.deadline(), far_));
    heed(session_.tick(now_), 0);
    OCF_ASSERT(session_.deadline() > now_, "a tick does all that is due");
  }

  void do_what_is_rare() {
    switch (script_.below(16)) {
      case 0: return heed(session_.release(), 0);
      case 1: return hear(script_.bytes(script_.byte()));
      case 2: return session_.hosts(script_.byte());
      default: break;
    }
    Message notification;
    notification.code = Code::content;
    notification.payload.resize(8 * script_.below(64));
    Message request;
    request.code = Code::get;
    request.token = coap::Token::of(script_.below(4));
    heed(session_.notify(request, std::move(notification), now_), 1);
  }

  // -- What comes out

  // `own`: how many of the responses the script itself gave.
  void heed(const Actions& actions, std::size_t own, const coap::Capabilities& before = {}) {
    own_ = own;
    before_ = before;
    for (const Action& action : actions) {
      OCF_ASSERT(!closed_, "nothing comes out after a Close");
      std::visit([this](const auto& what) { heed(what); }, action);
    }
    OCF_ASSERT(closed_ == session_.is_closed(), "an end is told, once");
  }

  void heed(const Send& send) {
    const auto frame = coap::decode_frame(send.bytes, {});
    OCF_ASSERT(frame && *frame && (*frame)->bytes == send.bytes.size(), "one Send is one message");
    const Message& message = (*frame)->message;
    if (message.code == Code::pong) {
      ++pongs_;
    } else if (coap::is_response(message.code)) {
      own_ > 0 ? static_cast<void>(--own_) : static_cast<void>(++refused_);
    } else {
      OCF_ASSERT(message.token.bytes().size() == coap::Token::bytes_max, "short messages stop devices");
      OCF_ASSERT(tokens_.insert(message.token).second, "no token is used twice");
      if (coap::is_request(message.code)) heed_request(message, send.bytes.size());
    }
  }

  void heed_request(const Message& request, std::size_t bytes) {
    OCF_ASSERT(session_.is_signed_in() || closed_, "a device is asked nothing before its sign-in");
    OCF_ASSERT(!released_, "who has released is asked nothing");
    const auto& peer = session_.peer();
    OCF_ASSERT(!peer.announced || bytes <= std::max(peer.max_message_size, before_.max_message_size),
               "no message is longer than its reader said");
    const auto numbers = request.query("n");
    OCF_ASSERT(numbers.size() == 1, "a request is the one that was given");
    Asked& asked = asked_.at(std::stoul(numbers[0]));
    OCF_ASSERT(asked.state == Asked::State::waiting, "a request is sent once");
    asked.state = Asked::State::in_flight;
    asked.token = request.token;
  }

  void heed(const Serve& serve) {
    OCF_ASSERT(session_.is_signed_in() || is_account(serve.request),
               "only account requests before a sign-in");
    open_.push_back(serve.request);
    ++served_;
    OCF_ASSERT(std::count_if(open_.begin(), open_.end(), is_account) <= 1,
               "account requests are served in turn");
  }

  void heed(const Deliver& deliver) {
    Asked& asked = asked_.at(std::stoul(deliver.purpose.correlation.text()));
    OCF_ASSERT(asked.state != Asked::State::done && asked.state != Asked::State::forgotten,
               "nothing is delivered to nobody");
    OCF_ASSERT(deliver.purpose.href == asked.purpose.href && deliver.purpose.kind == asked.purpose.kind,
               "the purpose is what was given");
    if (asked.state == Asked::State::waiting) {
      OCF_ASSERT(deliver.response.code == Code::request_entity_too_large, "what was not sent has no answer");
    } else {
      OCF_ASSERT(deliver.response.token == asked.token, "an answer has the token of its request");
    }
    const bool goes_on = asked.purpose.goes_on() && coap::is_success(deliver.response.code) &&
                         deliver.response.find(OptionNumber::observe) != nullptr;
    asked.state = goes_on ? Asked::State::observing : Asked::State::done;
  }

  void heed(const DeliverCustody& custody) {
    const auto frame = coap::decode_frame(custody.pong, {});
    OCF_ASSERT(frame && *frame && (*frame)->bytes == custody.pong.size(), "custody is one message");
    OCF_ASSERT((*frame)->message.code == Code::pong, "custody is told by a Pong");
    ++pongs_;
  }

  void heed(const Refused& refused) { heed_text(refused.why); }
  void heed(const Close& close) {
    heed_text(close.why);
    closed_ = true;
  }

  static void heed_text(const std::string& text) {
    OCF_ASSERT(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }),
               "no peer writes lines of the log");
  }

  // -- What holds after every step

  void check() {
    if (closed_) return;
    check_served();
    check_asked();
    OCF_ASSERT(pongs_ == pings_heard_, "every Ping has its Pong");
  }

  void check_served() {
    OCF_ASSERT(served_ + refused_ <= requests_heard_, "nothing is answered that was not asked");
    const std::size_t deferred = requests_heard_ - served_ - refused_;
    OCF_ASSERT(open_.size() + deferred <= limits_.requests_in_flight_max, "requests are limited");
    OCF_ASSERT(deferred == 0 || !open_.empty(), "requests wait for others only");
  }

  void check_asked() {
    std::size_t at_device = 0;
    std::size_t waiting = 0;
    std::array<bool, hrefs.size()> observed{};
    for (const Asked& asked : asked_) {
      if (asked.state == Asked::State::in_flight || asked.state == Asked::State::forgotten) ++at_device;
      if (asked.state == Asked::State::waiting) ++waiting;
      const bool over = asked.state == Asked::State::done || asked.state == Asked::State::forgotten;
      if (asked.purpose.kind == Purpose::Kind::observe && !over) observed[asked.href] = true;
    }
    OCF_ASSERT(at_device <= limits_.device_requests_in_flight_max, "a device is spared");
    OCF_ASSERT(waiting == 0 || !session_.is_signed_in() || released_ ||
                   at_device == limits_.device_requests_in_flight_max,
               "a request waits for room only");
    for (std::size_t href = 0; href < hrefs.size(); ++href)
      OCF_ASSERT(session_.is_observing(hrefs[href]) == observed[href], "what is observed is known");
  }

  static bool is_account(const Message& request) {
    return admission_of(request.code, request.path()) == Admission::account;
  }

  Script script_;
  const Limits limits_;
  SteadyTime now_{};
  const SteadyTime far_ = SteadyTime{} + std::chrono::hours(24 * 365);
  Session session_;
  bool closed_ = false;

  Bytes heard_;  // the beginning of a message
  bool released_ = false;
  std::size_t requests_heard_ = 0;
  std::size_t pings_heard_ = 0;
  std::vector<Message> open_;  // served and not answered
  std::size_t served_ = 0;
  std::size_t refused_ = 0;  // answered by the session itself
  std::size_t pongs_ = 0;

  std::vector<Asked> asked_;  // at their numbers
  std::set<coap::Token> tokens_;
  std::size_t own_ = 0;
  coap::Capabilities before_;
};

}  // namespace
}  // namespace ocf::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ocf::gateway::Play(ocf::ByteView(data, size)).run();
  return 0;
}
