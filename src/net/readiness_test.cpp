#include "net/readiness.hpp"

#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

namespace ocf::net {
namespace {

// As if its host had lost power: whatever comes for the socket is dropped before TCP sees it, so nothing is
// acknowledged, and nothing reset either.
void vanish(Socket& socket) {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &drop};
  ASSERT_EQ(::setsockopt(socket.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

class ReadinessTest : public TestLoop {
 protected:
  awaitable<void> write_to_a_peer_that_vanished() {
    auto sockets = co_await connected_sockets();
    give_up_after(sockets.first, std::chrono::milliseconds(250));
    vanish(sockets.second);
    TcpStream server(std::move(sockets.first));
    const SteadyTime written = steady_now();
    EXPECT_TRUE(server.try_write(as_bytes("Are you there?")));
    const Error end = co_await read_to_the_end(shard_, server);
    EXPECT_EQ(end, make_error_code(NetError::unacknowledged));
    EXPECT_GE(steady_now() - written, std::chrono::milliseconds(200));
  }
};

TEST_F(ReadinessTest, EndsAConnectionWhosePeerAcknowledgesNothing) { run(write_to_a_peer_that_vanished()); }

}  // namespace
}  // namespace ocf::net
