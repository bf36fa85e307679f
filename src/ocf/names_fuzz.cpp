// Any text as a device's id and as an href: one value has one text, and hrefs are what may name a resource.
#include "base/assert.hpp"
#include "ocf/device_id.hpp"
#include "ocf/link.hpp"

#include <algorithm>
#include <cctype>

namespace ocf {
namespace {

void check_device_id(std::string_view text) {
  const auto device = DeviceId::parse(text);
  if (!device) return;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  OCF_ASSERT(device->text() == lower, "a device's id has one text, but for its case");
  OCF_ASSERT(DeviceId::parse(lower) == *device, "a device's id is read as it was written");
}

void check_href(std::string_view text) {
  constexpr std::size_t bytes_max = 64;
  const auto href = parse_href(text, bytes_max);
  const auto any = parse_href(text, text.size());
  OCF_ASSERT(href.has_value() == (any && text.size() <= bytes_max), "a bound changes nothing but lengths");
  if (!any) return;
  OCF_ASSERT(any->text() == text, "an href is its text");
  OCF_ASSERT(text.size() > 1 && text.front() == '/' && text.find("//") == text.npos,
             "an href is the path of a resource");
  OCF_ASSERT(std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }),
             "an href is one line");
  OCF_ASSERT(instance_of(*any) >= 0, "an instance is a number of 32 bits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_device_id(text);
  check_href(text);
  return 0;
}

}  // namespace ocf
