// What an idle connection costs the hub: resident memory per connection, as the slope between a few and many.
//   idle_cost plain|tls1.2|tls1.3 <connections>
// The clients live in a process of their own, so that only the accepting side is measured.
#include "base/assert.hpp"
#include "net/connect.hpp"
#include "net/error.hpp"
#include "net/listener.hpp"
#include "net/outbox.hpp"
#include "net/tcp_stream.hpp"
#include "net/tls_stream.hpp"
#include "pki/certificates.hpp"

#include <cstdio>
#include <fstream>
#include <malloc.h>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ocf::net {
namespace {

struct Setup {
  std::shared_ptr<const TlsServerContext> server;  // null: plain TCP
  std::shared_ptr<const TlsClientContext> client;
  std::size_t connections = 0;
};

std::size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// As the gateway's connection: a stream, an outbox, one flat coroutine.
struct Connection {
  Connection(Shard& shard, std::unique_ptr<Stream> stream_, ConnectionLimit::Slot slot_)
      : stream(std::move(stream_)), outbox(shard, *stream, 1 << 20), slot(std::move(slot_)) {}

  std::unique_ptr<Stream> stream;
  Outbox outbox;
  ConnectionLimit::Slot slot;
};

class Measurement {
 public:
  explicit Measurement(const Setup& setup) : setup_(setup), limit_(setup.connections) {}

  // Tells the port through `port_pipe`, then runs until every connection is idle.
  void run(int port_pipe) {
    const auto listener = Listener::open(
        shard_, parse_endpoint("127.0.0.1:0").value(), limit_,
        [this](Socket socket, ConnectionLimit::Slot slot) {
          shard_.spawn(serve(connection_of(std::move(socket), std::move(slot))));
        },
        [](const Endpoint&) { OCF_ASSERT(false, "the limit is the number of connections"); });
    const std::uint16_t port = listener.value()->endpoint().port();
    OCF_ASSERT(write(port_pipe, &port, sizeof port) == sizeof port, "a pipe takes two bytes");
    shard_.run();
    const std::size_t few = setup_.connections / 4;
    std::printf(
        "%zu connections: %.2f KB resident each\n", setup_.connections,
        static_cast<double>(with_all_ - with_few_) / static_cast<double>(setup_.connections - few) / 1024);
  }

 private:
  std::unique_ptr<Connection> connection_of(Socket socket, ConnectionLimit::Slot slot) {
    std::unique_ptr<Stream> stream;
    if (setup_.server) {
      stream = std::make_unique<TlsStream>(std::move(socket), *setup_.server);
    } else {
      stream = std::make_unique<TcpStream>(std::move(socket));
    }
    return std::make_unique<Connection>(shard_, std::move(stream), std::move(slot));
  }

  awaitable<void> serve(std::unique_ptr<Connection> connection) {
    const auto established = co_await connection->stream->handshake();
    OCF_ASSERT(established, "our own client is let in");
    bool counted = false;
    for (;;) {
      const auto got = connection->stream->try_read(shard_.scratch());
      if (got) {
        if (!counted) count();
        counted = true;
      } else if (got.error() == NetError::would_block) {
        const auto ready = co_await connection->stream->wait_readable();
        if (!ready) co_return;
      } else {
        co_return;
      }
    }
  }

  void count() {
    ++idle_;
    if (idle_ == setup_.connections / 4) with_few_ = resident_bytes();
    if (idle_ < setup_.connections) return;
    with_all_ = resident_bytes();
    shard_.stop();
  }

  const Setup& setup_;
  ConnectionLimit limit_;
  Shard shard_{"idle"};
  std::size_t idle_ = 0;
  std::size_t with_few_ = 0;
  std::size_t with_all_ = 0;
};

awaitable<void> connect_all(const Setup& setup, Shard& shard, Endpoint endpoint,
                            std::vector<std::unique_ptr<Stream>>& streams) {
  for (std::size_t i = 0; i < setup.connections; ++i) {
    auto socket = co_await connect(shard, endpoint);
    std::unique_ptr<Stream> stream;
    if (setup.client) {
      stream = std::make_unique<TlsStream>(std::move(socket.value()), *setup.client);
    } else {
      stream = std::make_unique<TcpStream>(std::move(socket.value()));
    }
    const auto established = co_await stream->handshake();
    OCF_ASSERT(established && stream->try_write(Bytes{1}), "the hub lets its own client in");
    streams.push_back(std::move(stream));
  }
}

// Connects one after the other, sends one byte on each, and holds them until it is ended.
void run_clients(const Setup& setup, int port_pipe) {
  std::uint16_t port = 0;
  OCF_ASSERT(read(port_pipe, &port, sizeof port) == sizeof port, "the hub tells its port");
  std::vector<std::unique_ptr<Stream>> streams;
  Shard shard("clients");
  shard.spawn(connect_all(setup, shard, Endpoint(parse_endpoint("127.0.0.1:0")->address(), port), streams));
  shard.run();
}

Setup setup_of(const std::string& kind, std::size_t connections) {
  Setup setup;
  setup.connections = connections;
  if (kind == "plain") return setup;
  const pki::Validity valid{wall_now() - std::chrono::hours(1), wall_now() + std::chrono::hours(1)};
  const auto authority = pki::create_authority("Idle cost", valid).value();
  const auto hub = pki::issue_hub(authority, "11111111-1111-4111-8111-111111111111", valid).value();
  const auto device = pki::issue_device(authority, "22222222-2222-4222-8222-222222222222", valid).value();
  TlsServerConfig server;
  server.certificate_chain = hub.certificate;
  server.private_key = hub.private_key;
  server.ca_pool = {authority.certificate};
  setup.server = TlsServerContext::create(server).value();
  TlsClientConfig client;
  client.certificate_chain = device.certificate;
  client.private_key = device.private_key;
  client.ca_pool = server.ca_pool;
  client.version_max = kind == "tls1.3" ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2;
  setup.client = TlsClientContext::create(client).value();
  return setup;
}

int measure(const std::string& kind, std::size_t connections) {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  const Setup setup = setup_of(kind, connections);
  int port_pipe[2];
  if (pipe(port_pipe) != 0) return 1;
  const pid_t clients = fork();
  if (clients == 0) {
    run_clients(setup, port_pipe[0]);
    return 0;
  }
  Measurement(setup).run(port_pipe[1]);
  kill(clients, SIGKILL);
  waitpid(clients, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace ocf::net

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: idle_cost plain|tls1.2|tls1.3 <connections>\n", stderr);
    return 2;
  }
  return ocf::net::measure(argv[1], std::stoul(argv[2]));
}
