#include "net/error.hpp"

namespace ocf::net {
namespace {

const char* sentence(int value) {
  switch (static_cast<NetError>(value)) {
    case NetError::would_block: return "nothing can be read or written right now";
    case NetError::end_of_stream: return "the peer has finished sending";
    case NetError::reset: return "the peer or the network ended the connection";
    case NetError::closed: return "closed by this side";
    case NetError::handshake_failed: return "the TLS handshake failed";
    case NetError::tls_failed: return "the TLS session failed";
    case NetError::write_queue_full: return "the peer reads too slowly";
    case NetError::malformed_endpoint: return "not an address and port such as 127.0.0.1:5684 or [::1]:5684";
    case NetError::malformed_certificate: return "the text holds no usable certificate";
    case NetError::malformed_private_key: return "the text holds no usable private key of the certificate";
    case NetError::malformed_revocation_list: return "the text holds no usable certificate revocation list";
    case NetError::unacknowledged: return "the peer has acknowledged nothing for too long";
  }
  return "unknown";
}

constexpr SentenceCategory category{"net", sentence};

}  // namespace

Error make_error_code(NetError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::net
