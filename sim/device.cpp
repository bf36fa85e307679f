#include "sim/device.hpp"

#include "base/random.hpp"
#include "net/error.hpp"

#include <utility>

namespace ocf::sim {
namespace {

// More than a device of many resources publishes at once.
constexpr std::size_t write_queue_bytes_max = 1024 * 1024;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : random_bytes(8)) seed = seed << 8 | byte;
  return seed;
}

}  // namespace

struct Device::Connection {
  Connection(net::Shard& shard, std::unique_ptr<net::Stream> stream_in)
      : stream(std::move(stream_in)), outbox(shard, *stream, write_queue_bytes_max) {}

  std::unique_ptr<net::Stream> stream;
  net::Outbox outbox;
};

Device::Device(net::Shard& shard, DeviceSettings settings, Connector connector, Listener listener)
    : shard_(shard),
      connector_(std::move(connector)),
      listener_(std::move(listener)),
      machine_(std::move(settings), random_seed(), net::wall_now(), net::steady_now()),
      timer_(shard.timers(), [this](SteadyTime now) { perform(machine_.tick(now)); }) {}

Device::~Device() = default;

void Device::start() {
  machine_.start(net::steady_now());
  perform(Actions());
}

net::awaitable<void> Device::stop() {
  timer_.cancel();
  gate_.close();
  if (const auto connection = std::exchange(connection_, nullptr)) connection->stream->close();
  co_await gate_.left();
}

void Device::set_property(std::string_view href, std::string_view name, Value value) {
  perform(machine_.set_property(href, name, std::move(value), net::steady_now()));
}

// -- A connection

net::awaitable<void> Device::converse(std::string uri, [[maybe_unused]] net::Gate::Holder holder) {
  auto stream = co_await connector_(std::move(uri));
  if (gate_.closed()) co_return;
  if (!stream) {
    perform(machine_.connect_failed(stream.error().message(), net::steady_now()));
    co_return;
  }
  const auto connection = std::make_shared<Connection>(shard_, std::move(*stream));
  connection_ = connection;
  const auto shaken = co_await connection->stream->handshake();
  if (connection_ != connection) co_return;
  if (!shaken) {
    connection_.reset();
    const std::string why = connection->stream->handshake_failure().text;
    perform(machine_.connect_failed(why.empty() ? shaken.error().message() : why, net::steady_now()));
    co_return;
  }
  perform(machine_.connected(net::steady_now()));
  co_await read_all(connection);
  if (connection_ != connection) co_return;  // closed by the machine, or by stop()
  connection_.reset();
  perform(machine_.disconnected(net::steady_now()));
}

net::awaitable<void> Device::read_all(std::shared_ptr<Connection> connection) {
  while (connection_ == connection) {
    const auto readable = co_await connection->stream->wait_readable();
    if (!readable || !read_what_is_there(connection)) break;
  }
  connection->stream->close();
}

// One read is what the machine takes for one segment or record. False: the connection has ended.
bool Device::read_what_is_there(const std::shared_ptr<Connection>& connection) {
  while (connection_ == connection) {
    const auto scratch = shard_.scratch();
    const auto count = connection->stream->try_read(scratch);
    if (!count) return count.error() == net::NetError::would_block;
    perform(machine_.receive(scratch.first(*count), net::steady_now()));
  }
  return false;
}

// -- The machine's actions

void Device::perform(const Actions& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& what) { perform(what); }, action);
  }
  if (!gate_.closed() && machine_.deadline() != SteadyTime::max()) timer_.schedule(machine_.deadline());
}

void Device::perform(const Connect& action) {
  auto holder = gate_.enter();
  if (holder) shard_.spawn(converse(action.uri, std::move(*holder)));
}

void Device::perform(const Send& action) {
  if (!connection_) return;
  // Where this fails the connection ends, and its reader notices.
  const auto sent = connection_->outbox.send(action.bytes);
  if (!sent) connection_->stream->close();
}

void Device::perform(const Close&) {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->stream->close();
}

void Device::perform(const Say& action) {
  if (listener_) listener_(action.sentence);
}

}  // namespace ocf::sim
