// A message for people to read, all of it: what a line of the log leaves out stands here.
#pragma once

#include "coap/message.hpp"

#include <string>

namespace ocf::coap {

// "Content", "Not Found", "GET", "CSM": RFC 7252 §12.1, 7959, 8132, 8323 and OCF use no other. Empty:
// reserved.
std::string_view name_of(Code code);

// Several lines, without a newline at the end:
//
//   POST, token 0a0b0c0d0e0f1011
//     Uri-Path: light
//     Uri-Path: 1
//     Content-Format: 10000 (application/vnd.ocf+cbor)
//     payload, 9 bytes: {"power": 42}
//
// Codes and options by name, payloads in diagnostic notation (RFC 8949 §8) where they are CBOR. At most 4 KiB
// or so: what is longer is cut and ends in "…". Access and refresh tokens and codes never show: in queries
// and in payloads stands "[secret]" instead, and of what may hold some and cannot be read nothing is shown.
std::string describe(const Message& message);

}  // namespace ocf::coap
