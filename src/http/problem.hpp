// Errors as application/problem+json (RFC 9457).
#pragma once

#include "base/result.hpp"
#include "cloud/cloud.hpp"
#include "http/message.hpp"

namespace ocf::http {

// {"title","status","detail","reason"}: `reason` is for programs, `detail` for people. With Retry-After or WWW-Authenticate where
// the status asks for it; Allow is the caller's to add.
Response problem(const Error& error);

// A device's refusal: also {"answer"}, its own payload.
Response problem(const cloud::Answer& answer);

}  // namespace ocf::http
