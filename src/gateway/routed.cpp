#include "gateway/routed.hpp"

#include "ocf/collections.hpp"

namespace ocf::gateway {

Routed::Routed(DeviceId device, std::string_view interface, Advertisement advertisement, const Limits& limits)
    : device_(device),
      has_links_(interface == link_list_interface || interface == batch_interface ||
                 interface == "oic.if.baseline"),
      advertisement_(std::move(advertisement)),
      limits_(&limits) {}

resource::Content Routed::content(const resource::Content& content) const {
  if (!has_links_ || !content.bytes) return content;
  auto routed = with_routed_hrefs(*content.bytes, device_, advertisement_, *limits_);
  if (!routed) return content;
  return {content.format, share(std::move(*routed))};
}

}  // namespace ocf::gateway
