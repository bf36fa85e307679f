// How errors and the answers of devices look in HTTP: the one place that knows.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "resource/resource.hpp"

namespace ocf::http {

struct Outcome {
  unsigned status = 500;
  std::string_view reason = "internal";  // for programs; never renamed
  unsigned retry_after_s = 0;            // 0: not said
};

// An error that this face does not know is a bug: 500.
Outcome outcome_of(const Error& error);

// The device's answer (RFC 8075 §7). A success with content is 200, one without 204, a creation 201 either way. A device's
// 4.01 is 403: HTTP's 401 would make callers renew a token that is good.
Outcome outcome_of(resource::Status status, bool has_content);

// "changed", "not_found": the status of a device's answer within an event. Its reason as a refusal is "device_not_found".
std::string_view name_of(resource::Status status);

// "Not Found": RFC 9110 §15.
std::string_view phrase_of(unsigned status);

}  // namespace ocf::http
