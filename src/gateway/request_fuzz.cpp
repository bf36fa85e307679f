// Any message as a request: what is read of it before an endpoint has it. Where it goes, whom it says to come
// from, which content it wants, and what the log says should it be refused. Any text as a path, too.
#include "base/assert.hpp"
#include "coap/frame.hpp"
#include "gateway/admission.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/fault.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>

namespace ocf::gateway {
namespace {

constexpr std::size_t href_bytes_max = 64;

void check_path(std::string_view path) {
  const auto routing = parse_routing_path(path, href_bytes_max);
  if (!routing) return;
  OCF_ASSERT(is_routing_path(path), "what is read as a routing path is one");
  OCF_ASSERT(routing->href.text().size() <= href_bytes_max, "an href is bounded");
  OCF_ASSERT(path.ends_with(routing->href.text()), "the href is the end of the path");
  const std::string whole = std::string(route_prefix) + '/' + routing->device.text() + routing->href.text();
  const auto again = parse_routing_path(whole, href_bytes_max);
  OCF_ASSERT(again && again->device == routing->device && again->href == routing->href,
             "a routing path is read as it was written");
  OCF_ASSERT(admission_of(coap::Code::get, path) == Admission::after_sign_in,
             "no device's resource is reached before a sign-in");
}

void check_request(const coap::Message& request) {
  const std::string path = request.path();
  check_path(path);
  if (const auto device = claimed_device(request)) {
    OCF_ASSERT(DeviceId::parse(device->text()) == *device, "who is named can be looked up");
  }
  if (const auto format = accepted_format(request)) {
    OCF_ASSERT(*format == coap::content_format::cbor || *format == coap::content_format::ocf_cbor,
               "answers are CBOR");
  }
  const std::string line = refusal_text(request, coap::Code::bad_request, "why");
  OCF_ASSERT(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }),
             "no peer writes lines of the log");
  OCF_ASSERT(line.size() < 1024, "a line of the log is bounded");
  fault_of(request, coap::Code::bad_request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_path(as_text(input));
  const auto frame = coap::decode_frame(input, {});
  if (frame && *frame) check_request((*frame)->message);
  return 0;
}

}  // namespace ocf::gateway
