// A resource's content in the forms that HTTP shows it in, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "http/json_writer.hpp"
#include "http/message.hpp"
#include "resource/resource.hpp"

namespace ocf::http {

// CBOR, or bytes without a format that are CBOR, as JSON; JSON as it is. nullopt: no payload, or one that is neither.
std::optional<std::string> json_of(const resource::Content& content);

// As a value within a document: its JSON; {"format":…,"hex":"…"} if it has none; null without payload.
void write_content(JsonWriter& json, const resource::Content& content);

// As a response's body: its JSON, text/plain as it is, anything else as application/octet-stream; nothing without payload.
void set_body(Response& response, const resource::Content& content);

// The body of an update, as application/vnd.ocf+cbor. Errors: unsupported_media_type, body_not_json.
Result<resource::Content> content_of(const Request& request, const Limits& limits);

}  // namespace ocf::http
