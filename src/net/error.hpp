// What a socket, a TLS session or an endpoint text answers when it does not do what was asked. Errors that
// the operating system alone can explain (address in use, no route …) pass through as system error codes.
#pragma once

#include "base/result.hpp"

namespace ocf::net {

enum class NetError {
  would_block = 1,            // nothing to read, or no room to write, right now: wait and repeat
  end_of_stream,              // the peer has finished sending
  reset,                      // the peer or the network ended the connection
  closed,                     // this side closed the stream, or the gate
  handshake_failed,           // no TLS session came about; Stream::handshake_failure() says why
  tls_failed,                 // a record or alert ended an established TLS session
  write_queue_full,           // the peer reads too slowly
  malformed_endpoint,         // the text is not <IPv4>:<port> or [<IPv6>]:<port>
  malformed_certificate,      // the PEM text holds no usable certificate
  malformed_private_key,      // the PEM text holds no usable private key, or one of another certificate
  malformed_revocation_list,  // the PEM text holds no usable CRL
  unacknowledged,             // the peer has acknowledged nothing for too long, see give_up_after()
};

Error make_error_code(NetError error);

}  // namespace ocf::net

template <>
struct boost::system::is_error_code_enum<ocf::net::NetError> : std::true_type {};
