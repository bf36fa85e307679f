#include "http/fault.hpp"

#include "account/authorization.hpp"
#include "cloud/error.hpp"
#include "device/device.hpp"
#include "http/error.hpp"
#include "resource/resource.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

using device::Cause;
using device::Fault;
using device::Stage;

TEST(Fault, IsWhatTheHubRefuses) {
  const auto http = [](Cause cause) { return Fault{Stage::http, cause}; };
  EXPECT_EQ(fault_of(HttpError::no_token), http(Cause::not_signed_in));
  EXPECT_EQ(fault_of(account::AuthorizationError::refused), http(Cause::bad_token));
  EXPECT_EQ(fault_of(account::AuthorizationError::expired), http(Cause::expired_token));
  EXPECT_EQ(fault_of(device::DeviceError::permission_denied), http(Cause::not_allowed));
  EXPECT_EQ(fault_of(HttpError::body_too_large), http(Cause::too_large));
  EXPECT_EQ(fault_of(HttpError::header_too_large), http(Cause::too_large));
  EXPECT_EQ(fault_of(cloud::CloudError::too_many_requests), http(Cause::unavailable));
  EXPECT_EQ(fault_of(HttpError::too_many_connections), http(Cause::too_many_connections));
}

TEST(Fault, IsNotWhatIsNotThereOrAMistake) {
  EXPECT_EQ(fault_of(cloud::CloudError::not_found), std::nullopt);
  EXPECT_EQ(fault_of(HttpError::malformed_parameter), std::nullopt);
  EXPECT_EQ(fault_of(resource::ResourceError::device_offline), std::nullopt);
}

TEST(Fault, NamesTheLimitThatWasHit) {
  EXPECT_EQ(limit_of(HttpError::body_too_large), "http_body_bytes_max");
  EXPECT_EQ(limit_of(HttpError::header_too_large), "http_header_bytes_max");
  EXPECT_EQ(limit_of(HttpError::too_many_connections), "http_connections_max");
  EXPECT_EQ(limit_of(cloud::CloudError::too_many_requests), "owner_requests_per_second");
  EXPECT_EQ(limit_of(HttpError::no_token), "");
}

}  // namespace
}  // namespace ocf::http
