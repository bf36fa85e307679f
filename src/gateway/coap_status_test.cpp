#include "gateway/coap_status.hpp"

#include "account/authorization.hpp"
#include "cloud/error.hpp"
#include "es/error.hpp"
#include "links/links.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

using coap::Code;
using resource::Status;

TEST(CoapStatus, GivesBackEveryCodeOfADevice) {
  for (const Code code :
       {Code::created, Code::deleted, Code::valid, Code::changed, Code::content, Code::bad_request,
        Code::unauthorized, Code::forbidden, Code::not_found, Code::method_not_allowed, Code::not_acceptable,
        Code::precondition_failed, Code::request_entity_too_large, Code::unsupported_content_format,
        Code::internal_server_error, Code::not_implemented, Code::service_unavailable,
        Code::gateway_timeout}) {
    EXPECT_EQ(code_of(status_of(code)), code);
  }
}

TEST(CoapStatus, TakesAnUnknownCodeAsTheFirstOfItsClass) {
  EXPECT_EQ(status_of(static_cast<Code>(0x5e)), Status::content);
  EXPECT_EQ(status_of(static_cast<Code>(0x9e)), Status::bad_request);
  EXPECT_EQ(status_of(static_cast<Code>(0xbf)), Status::internal_error);
}

TEST(CoapStatus, AsksToTryAgainIfTheDeviceReconnectsMeanwhile) {
  EXPECT_EQ(code_of(make_error_code(es::StoreError::fenced)), Code::service_unavailable);
  EXPECT_EQ(code_of(make_error_code(resource::ResourceError::superseded_session)), Code::service_unavailable);
}

TEST(CoapStatus, TellsDevicesOnlyWhatTheyUnderstandAtAccountEndpoints) {
  using account::AuthorizationError;
  const Error errors[] = {AuthorizationError::refused,
                          AuthorizationError::expired,
                          AuthorizationError::reused,
                          AuthorizationError::certificate_disagrees,
                          AuthorizationError::unknown_provider,
                          AuthorizationError::held_by_another,
                          AuthorizationError::permission_denied,
                          AuthorizationError::unavailable,
                          es::StoreError::unavailable,
                          es::StoreError::corrupt,
                          cloud::CloudError::not_found,
                          links::LinksError::too_many_links};
  for (const Error& error : errors) {
    const Code code = account_code_of(error);
    EXPECT_TRUE(code == Code::bad_request || code == Code::unauthorized || code == Code::service_unavailable)
        << error;
  }
  for (const auto error :
       {AuthorizationError::expired, AuthorizationError::reused, AuthorizationError::certificate_disagrees}) {
    EXPECT_EQ(code_of(make_error_code(error)), Code::unauthorized);
  }
  EXPECT_EQ(account_code_of(AuthorizationError::held_by_another), Code::unauthorized);
  EXPECT_EQ(account_code_of(es::StoreError::corrupt), Code::service_unavailable) << "not the device's fault";
}

}  // namespace
}  // namespace ocf::gateway
