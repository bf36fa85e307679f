#include "tests/simulation/network.hpp"

#include "coap/frame.hpp"
#include "net/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace ocf::simulation {

using net::NetError;

namespace {

constexpr std::size_t window_bytes = 16 * 1024;
constexpr Pause connect_time{15'000'000};

enum Side : std::size_t { hub, peer };
Side other(Side side) { return side == hub ? peer : hub; }

// What a write says, without what differs between two runs: access tokens are signed with a random number.
std::string described(ByteView bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto frame = coap::decode_frame(bytes, {});
    if (!frame || !*frame) return text + ' ' + std::to_string(bytes.size()) + " bytes";
    const coap::Message& message = (*frame)->message;
    text += ' ' + coap::to_text(message.code);
    if (coap::is_request(message.code)) text += ' ' + message.path();
    if (const auto observe = message.uint(coap::OptionNumber::observe))
      text += " observe " + std::to_string(*observe);
    if (!message.payload.empty()) text += " (" + std::to_string(message.payload.size()) + " bytes)";
    bytes = bytes.subspan((*frame)->bytes);
  }
  return text;
}

}  // namespace

// One connection; kept alive by its two ends and by what is on its way.
class Network::Link : public std::enable_shared_from_this<Link> {
 public:
  struct Half {              // one side's view
    Bytes unread;            // has arrived
    std::size_t coming = 0;  // bytes on their way to it
    SteadyTime last_arrival{};
    bool finished = false;  // the other side said that nothing more comes
    bool reset = false;
    bool closed = false;  // by itself
    bool shut = false;    // it said that nothing more comes
    net::SteadyTimer* reader = nullptr;
    net::SteadyTimer* writer = nullptr;

    void wake() {
      if (reader != nullptr) reader->cancel();
      if (writer != nullptr) writer->cancel();
    }
  };

  Link(Network& network, std::string host, unsigned number)
      : network_(network), host_(std::move(host)), number_(number) {}

  Half& half(Side side) { return halves_[side]; }
  const std::string& host() const { return host_; }
  void delay(Pause more_max) { more_delay_max_ = more_max; }
  std::string name() const { return host_ + '#' + std::to_string(number_); }
  std::string address() const {
    return "10.0." + std::to_string(number_ / 250) + '.' + std::to_string(number_ % 250 + 1) + ":49152";
  }

  Result<std::size_t> read(Side side, std::span<std::uint8_t> buffer) {
    Half& own = half(side);
    if (own.closed) return NetError::closed;
    if (own.reset) return NetError::reset;
    if (own.unread.empty()) return own.finished ? NetError::end_of_stream : NetError::would_block;
    const std::size_t count = std::min(buffer.size(), own.unread.size());
    const auto end = own.unread.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(own.unread.begin(), end, buffer.begin());
    own.unread.erase(own.unread.begin(), end);
    half(other(side)).wake();
    return count;
  }

  Result<std::size_t> write(Side side, ByteView bytes) {
    Half& own = half(side);
    Half& theirs = half(other(side));
    if (own.closed || own.shut) return NetError::closed;
    if (own.reset) return NetError::reset;
    const std::size_t full = theirs.unread.size() + theirs.coming;
    if (full >= window_bytes) return NetError::would_block;
    const ByteView taken = bytes.first(std::min(bytes.size(), window_bytes - full));
    network_.world_.say(side == hub ? "hub" : name(),
                        (side == hub ? "to " + name() : std::string("sends")) + ':' + described(taken));
    send(side, taken);
    return taken.size();
  }

  void shut(Side side) {
    if (std::exchange(half(side).shut, true)) return;
    arrive(other(side), [this, side] {
      half(other(side)).finished = true;
      half(other(side)).wake();
    });
  }

  // What has not been read by then is an insult to its sender (RFC 1122 §4.2.2.13).
  void close(Side side) {
    Half& own = half(side);
    if (std::exchange(own.closed, true)) return;
    if (own.unread.empty()) {
      shut(side);
    } else {
      refuse(other(side));
    }
    own.wake();
  }

  // The connection ends for the host; the hub hears of it after what was said before.
  void break_off() {
    half(peer).reset = true;
    half(peer).wake();
    refuse(hub);
  }

  // The hub's side is gone.
  void vanish(Death death) {
    Half& own = half(hub);
    if (std::exchange(own.closed, true)) return;
    if (death == Death::process) refuse(peer);
    own.wake();
  }

 private:
  void send(Side side, ByteView bytes) {
    const Side to = other(side);
    if (bytes.size() > 1 && network_.world_.draw().chance(network_.weather.splits)) {
      const auto first = 1 + network_.world_.draw().below(bytes.size() - 1);
      send_segment(to, bytes.first(first));
      send_segment(to, bytes.subspan(first));
    } else {
      send_segment(to, bytes);
    }
  }

  void send_segment(Side to, ByteView bytes) {
    half(to).coming += bytes.size();
    arrive(to, [this, to, content = copy_of(bytes)] {
      Half& own = half(to);
      own.coming -= content.size();
      if (own.closed) {
        if (to == peer || network_.accept_) refuse(other(to));
        return;
      }
      own.unread.insert(own.unread.end(), content.begin(), content.end());
      own.wake();
    });
  }

  void refuse(Side side) {
    arrive(side, [this, side] {
      half(side).reset = true;
      half(side).wake();
    });
  }

  // In the order of sending, some time later, and not before a cut has ended.
  void arrive(Side to, std::function<void()> what) {
    const SteadyTime now = net::steady_now();
    Half& own = half(to);
    SteadyTime arrival = now + network_.draw_delay();
    if (to == hub && more_delay_max_ > Pause(0))
      arrival += network_.world_.draw().between(Pause(0), more_delay_max_);
    const bool overtakes = network_.weather.overtaking && to == hub;
    own.last_arrival = overtakes ? arrival : std::max(own.last_arrival + Pause(1), arrival);
    const auto pause = std::chrono::ceil<Pause>(own.last_arrival - now);
    network_.world_.after(pause, [self = shared_from_this(), what = std::move(what)] {
      const auto cut = self->network_.cut_.find(self->host_);
      if (cut == self->network_.cut_.end()) return what();
      cut->second.push_back([self, what] { what(); });
    });
  }

  Network& network_;
  const std::string host_;
  const unsigned number_;
  std::array<Half, 2> halves_;
  Pause more_delay_max_{0};
};

// One side's stream.
class Network::End final : public net::Stream {
 public:
  End(std::shared_ptr<Link> link, Side side) : link_(std::move(link)), side_(side) {}
  ~End() override { link_->close(side_); }

  net::awaitable<Result<void>> handshake() override { co_return Result<void>(); }
  Result<std::size_t> try_read(std::span<std::uint8_t> buffer) override { return link_->read(side_, buffer); }
  Result<std::size_t> try_write(ByteView bytes) override { return link_->write(side_, bytes); }
  net::awaitable<Result<void>> wait_readable() override { return wait(link_, side_, &Link::Half::reader); }
  net::awaitable<Result<void>> wait_writable() override { return wait(link_, side_, &Link::Half::writer); }
  void shutdown() override { link_->shut(side_); }
  void shutdown_and_close() override { link_->close(side_); }
  void close() override { link_->close(side_); }
  bool is_open() const override { return !link_->half(side_).closed; }
  std::string peer_address() const override { return link_->address(); }
  std::optional<net::TlsPeer> tls_peer() const override { return std::nullopt; }
  bool is_revoked_by(const net::TlsServerContext&) const override { return false; }
  net::HandshakeFailure handshake_failure() const override { return {}; }

 private:
  static bool is_ready(Link& link, Side side, net::SteadyTimer* Link::Half::*waits) {
    const Link::Half& own = link.half(side);
    if (own.closed || own.reset) return true;
    if (waits == &Link::Half::reader) return !own.unread.empty() || own.finished;
    const Link::Half& theirs = link.half(other(side));
    return theirs.unread.size() + theirs.coming < window_bytes;
  }

  static net::awaitable<Result<void>> wait(std::shared_ptr<Link> link, Side side,
                                           net::SteadyTimer* Link::Half::*waits) {
    while (!is_ready(*link, side, waits)) {
      net::SteadyTimer woken(co_await boost::asio::this_coro::executor, SteadyTime::max());
      link->half(side).*waits = &woken;
      co_await woken.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      link->half(side).*waits = nullptr;
    }
    if (link->half(side).closed) co_return NetError::closed;
    if (link->half(side).reset) co_return NetError::reset;
    co_return Result<void>();
  }

  const std::shared_ptr<Link> link_;
  const Side side_;
};

sim::Connector Network::from(std::string host) {
  return [this, host = std::move(host)](const std::string&) { return connect(host); };
}

awaitable<Result<std::unique_ptr<net::Stream>>> Network::connect(std::string host) {
  using Made = Result<std::unique_ptr<net::Stream>>;
  co_await world_.sleep(draw_delay());
  if (is_cut(host)) {
    co_await world_.sleep(connect_time);
    co_return Made(boost::asio::error::timed_out);
  }
  if (!accept_) co_return Made(boost::asio::error::connection_refused);
  std::erase_if(links_, [](const auto& link) { return link.expired(); });
  const auto link = std::make_shared<Link>(*this, std::move(host), ++connections_);
  links_.push_back(link);
  world_.say(link->name(), "connects");
  accept_(std::make_unique<End>(link, hub));
  std::unique_ptr<net::Stream> stream = std::make_unique<End>(link, peer);
  co_await world_.sleep(draw_delay());
  co_return Made(std::move(stream));
}

Pause Network::draw_delay() { return world_.draw().between(Pause(100), weather.delay_max); }

void Network::cut(const std::string& host) {
  world_.say("network", "is cut off: " + host);
  cut_.try_emplace(host);
}

void Network::mend(const std::string& host) {
  auto found = cut_.extract(host);
  if (found.empty()) return;
  world_.say("network", "is back: " + host);
  for (const auto& arrival : found.mapped()) arrival();
}

std::vector<std::shared_ptr<Network::Link>> Network::links_of(const std::string& host) const {
  std::vector<std::shared_ptr<Link>> found;
  for (const auto& weak : links_) {
    auto link = weak.lock();
    if (link && link->host() == host) found.push_back(std::move(link));
  }
  return found;
}

void Network::delay(const std::string& host, Pause more_max) {
  world_.say("network", "delays what comes from " + host);
  for (const auto& link : links_of(host)) link->delay(more_max);
}

void Network::reset(const std::string& host) {
  world_.say("network", "resets the connections of " + host);
  for (const auto& link : links_of(host)) link->break_off();
}

void Network::hub_dies(Death death) {
  accept_ = nullptr;
  for (const auto& weak : std::list<std::weak_ptr<Link>>(links_)) {
    if (const auto link = weak.lock()) link->vanish(death);
  }
}

}  // namespace ocf::simulation
