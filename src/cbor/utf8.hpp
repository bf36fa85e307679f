// Whether bytes are well-formed UTF-8.
#pragma once

#include "base/bytes.hpp"

namespace ocf::cbor {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(ByteView bytes);

}  // namespace ocf::cbor
