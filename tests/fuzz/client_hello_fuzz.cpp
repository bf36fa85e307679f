// Any bytes as the first ones of a TLS connection: no handshake comes of them alone, and why not is said in
// one line that grows no faster than what the peer sent.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/handshake_report.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>

namespace ocf::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

// A server without a certificate: it reads all of a ClientHello before it gives up.
SSL_CTX& server() {
  static const std::unique_ptr<SSL_CTX, FreeContext> context = [] {
    std::unique_ptr<SSL_CTX, FreeContext> made(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_client_hello_cb(made.get(), HandshakeReport::on_client_hello, nullptr);
    return made;
  }();
  return *context;
}

HandshakeFailure failure_of(ByteView hello) {
  HandshakeReport report;
  const std::unique_ptr<SSL, FreeSession> session(SSL_new(&server()));
  SSL_set_app_data(session.get(), &report);
  SSL_set_bio(session.get(), BIO_new_mem_buf(hello.data(), static_cast<int>(hello.size())),
              BIO_new(BIO_s_mem()));
  const int accepted = SSL_accept(session.get());
  OCF_ASSERT(accepted != 1, "a first flight is no handshake");
  if (SSL_get_error(session.get(), accepted) == SSL_ERROR_SSL) {
    report.fail_by_openssl();
  } else {
    report.fail("the peer closed");
  }
  ERR_clear_error();
  return report.failure(*session);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const HandshakeFailure failure = failure_of({data, size});
  OCF_ASSERT(!failure.text.empty(), "every failure is told");
  OCF_ASSERT(
      std::all_of(failure.text.begin(), failure.text.end(), [](char c) { return c >= ' ' && c <= '~'; }),
      "no peer writes lines of the log");
  OCF_ASSERT(failure.text.size() <= 1024 + 8 * size, "a line grows no faster than what was sent");
  OCF_ASSERT(failure.device_id.empty(), "nobody is named who sent no certificate");
  return 0;
}

}  // namespace ocf::net
