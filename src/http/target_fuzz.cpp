// Any text as a request's method and target, and as its body: what is read of a target can be written and is
// read as the same, is text that JSON and events can hold, and leads to one endpoint at most.
//   GET /api/v1/devices?x=y       a target
//   BODY {"value":true}           the body of an update
#include "base/assert.hpp"
#include "cbor/cbor.hpp"
#include "http/content.hpp"
#include "http/error.hpp"
#include "http/json_writer.hpp"
#include "http/routes.hpp"
#include "http/target.hpp"

#include <algorithm>

namespace ocf::http {
namespace {

constexpr std::string_view body_word = "BODY ";

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char letter : text)
    out += is_plain(letter) ? std::string(1, letter) : '%' + to_hex(as_bytes({&letter, 1}));
  return out;
}

std::string written(const Target& target) {
  std::string text;
  for (const std::string& segment : target.segments) text += '/' + encoded(segment);
  if (text.empty()) text = "/";
  char separator = '?';
  for (const Target::Parameter& parameter : target.query) {
    text += separator + encoded(parameter.name);
    if (parameter.has_value) text += '=' + encoded(parameter.value);
    separator = '&';
  }
  return text;
}

void check_text(std::string_view text) {
  std::string json;
  JsonWriter(json).text(text);
  const auto item = cbor::from_json(json);
  OCF_ASSERT(item.has_value(), "what a target holds can be told in JSON");
  cbor::Reader reader(*item);
  OCF_ASSERT(reader.text() == text, "what a target holds is told as it is");
}

void check_target(std::string_view method, std::string_view text) {
  const auto target = Target::parse(text);
  if (!target) return;
  for (const std::string& segment : target->segments) check_text(segment);
  for (const Target::Parameter& parameter : target->query) {
    check_text(parameter.name);
    check_text(parameter.value);
    OCF_ASSERT(target->parameter(parameter.name).has_value(), "a parameter is found by its name");
  }
  const auto again = Target::parse(written(*target));
  OCF_ASSERT(again.has_value(), "a target that was read can be written");
  OCF_ASSERT(again->segments == target->segments && again->query == target->query,
             "a target is read as it was written");

  const Routed routed = route(method, target->segments);
  if (routed.route == nullptr) return;
  OCF_ASSERT(routed.route->method == method, "an endpoint has one method");
  OCF_ASSERT(routed.allow.find(method) != std::string::npos, "the methods of a path are all told");
  const std::string_view pattern = routed.route->pattern;
  OCF_ASSERT(
      routed.captures.size() == static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '{')),
      "every brace of a pattern has matched something");
}

void check_body(std::string_view text) {
  Limits limits;
  limits.cbor_items_max = 64;
  Request request("PUT", "/");
  request.fields.push_back({"content-type", "application/json; charset=utf-8"});
  request.body = text;
  const auto content = content_of(request, limits);
  if (!content) {
    OCF_ASSERT(content.error() == HttpError::body_not_json, "a body is refused as no JSON");
    return;
  }
  OCF_ASSERT(cbor::check(view_of(content->bytes), {limits.cbor_depth_max, limits.cbor_items_max}).has_value(),
             "what is sent to a device is CBOR within its limits");
  OCF_ASSERT(json_of(*content).has_value(), "what came as JSON is shown as JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ocf::as_text({data, size});
  if (text.starts_with(body_word)) {
    check_body(text.substr(body_word.size()));
  } else {
    const auto space = std::min(text.find(' '), text.size());
    check_target(text.substr(0, space), text.substr(std::min(space + 1, text.size())));
  }
  return 0;
}

}  // namespace ocf::http
