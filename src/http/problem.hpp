// Errors as application/problem+json (RFC 9457).
#pragma once

#include "base/result.hpp"
#include "cloud/cloud.hpp"
#include "http/message.hpp"

#include <string_view>

namespace ocf::http {

// {"title","status","detail","reason"}: `reason` is for programs, `detail` for people; also "parameter", of
// the query, where one is to blame. With Retry-After or WWW-Authenticate where the status asks for it; Allow
// is the caller's to add.
Response problem(const Error& error, std::string_view parameter = {});

// A device's refusal: also {"answer"}, its own payload.
Response problem(const cloud::Answer& answer);

}  // namespace ocf::http
