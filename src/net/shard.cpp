#include "net/shard.hpp"

#include "base/assert.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <exception>
#include <pthread.h>
#include <signal.h>

namespace ocf::net {
namespace {

namespace asio = boost::asio;

// OpenSSL writes to a socket without MSG_NOSIGNAL: a peer that is gone has to be an error, not the end of the
// process.
void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Many deadlines that come at once (connections that were opened at once) do not keep the others waiting.
constexpr std::size_t timers_per_turn = 8;

}  // namespace

Shard::Shard(std::string name)
    : name_(std::move(name)),
      scratch_(std::make_unique<std::uint8_t[]>(scratch_bytes)),
      timers_(TimerWheel::default_tick, [this] { arm_tick(); }),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      tick_timer_(context_) {}

Shard::~Shard() { OCF_ASSERT(!thread_.joinable(), "a shard is stopped and joined before it goes"); }

void Shard::start() {
  OCF_ASSERT(!thread_.joinable(), "a shard has one thread");
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    run();
  });
}

void Shard::run() {
  block_broken_pipe_signal();
  const auto work = asio::make_work_guard(context_);
  context_.run();
}

void Shard::stop() { context_.stop(); }

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

void Shard::spawn(awaitable<void> task) {
  asio::co_spawn(context_, std::move(task), [](const std::exception_ptr& escaped) {
    OCF_ASSERT(!escaped, "a coroutine deals with its own exceptions");
  });
}

void Shard::arm_tick() {
  const auto tick = timers_.tick();
  const auto now = steady_now();
  tick_timer_.expires_at(now + tick - now.time_since_epoch() % tick);
  tick_timer_.async_wait([this](const Error& error) {
    if (!error) this->tick();
  });
}

void Shard::tick() {
  if (timers_.advance(steady_now(), timers_per_turn)) return post([this] { tick(); });
  if (timers_.scheduled() > 0) arm_tick();
}

}  // namespace ocf::net
