#include "http/http_status.hpp"

#include "account/authorization.hpp"
#include "cloud/error.hpp"
#include "cloud/query.hpp"
#include "es/error.hpp"
#include "http/error.hpp"
#include "ocf/error.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

using resource::Status;

TEST(HttpStatus, IsTheOneThatTheApiPromisesForEachError) {
  const std::vector<std::pair<Error, unsigned>> promised{
      {HttpError::no_token, 401},
      {account::AuthorizationError::refused, 401},
      {account::AuthorizationError::permission_denied, 403},
      {resource::ResourceError::permission_denied, 403},
      {cloud::CloudError::not_found, 404},
      {HttpError::no_such_route, 404},
      {HttpError::method_not_allowed, 405},
      {HttpError::body_too_large, 413},
      {HttpError::unsupported_media_type, 415},
      {HttpError::header_too_large, 431},
      {HttpError::malformed_request, 400},
      {OcfError::malformed_href, 400},
      {cloud::CloudError::malformed_cursor, 400},
      {cloud::QueryError::malformed, 400},
      {cloud::QueryError::too_long, 400},
      {cloud::CloudError::too_many_protocol_logs, 503},
      {cloud::CloudError::time_to_live_too_long, 400},
      {cloud::CloudError::too_many_requests, 429},
      {cloud::CloudError::command_expired, 504},
      {cloud::CloudError::outcome_unknown, 504},
  };
  for (const auto& [error, status] : promised) EXPECT_EQ(outcome_of(error).status, status) << error;
}

TEST(HttpStatus, SaysWhenToTryAgainWhereverItIs503) {
  const std::vector<Error> passing{
      resource::ResourceError::device_offline,  resource::ResourceError::too_many_pending,
      account::AuthorizationError::unavailable, es::StoreError::unavailable,
      es::StoreError::conflicts_exhausted,      es::StoreError::closed,
      HttpError::too_many_connections,          resource::ResourceError::superseded_session,
  };
  for (const Error& error : passing) {
    EXPECT_EQ(outcome_of(error).status, 503u) << error;
    EXPECT_GT(outcome_of(error).retry_after_s, 0u) << error;
  }
}

TEST(HttpStatus, IsInternalForWhatTheFaceDoesNotKnow) {
  EXPECT_EQ(outcome_of(es::StoreError::corrupt).status, 500u);
  EXPECT_EQ(outcome_of(make_error_code(boost::system::errc::io_error)).reason, "internal");
}

TEST(HttpStatus, OfASuccessDependsOnWhetherTheDeviceSentContent) {
  for (const Status status : {Status::changed, Status::content, Status::valid, Status::deleted}) {
    EXPECT_EQ(outcome_of(status, true).status, 200u);
    EXPECT_EQ(outcome_of(status, false).status, 204u);
  }
  EXPECT_EQ(outcome_of(Status::created, true).status, 201u);
  EXPECT_EQ(outcome_of(Status::created, false).status, 201u);
}

TEST(HttpStatus, OfADevicesRefusalIsItsOwnCodeButNever401) {
  EXPECT_EQ(outcome_of(Status::unauthorized, false).status, 403u);
  EXPECT_EQ(outcome_of(Status::not_found, true).status, 404u);
  EXPECT_EQ(outcome_of(Status::method_not_allowed, false).status, 405u);
  EXPECT_EQ(outcome_of(Status::unprocessable_entity, true).status, 422u);
  EXPECT_EQ(outcome_of(Status::internal_error, false).status, 500u);
  EXPECT_EQ(outcome_of(Status::not_found, false).reason, "device_not_found");
  EXPECT_EQ(name_of(Status::not_found), "not_found");
}

TEST(HttpStatus, HasAPhraseForEveryStatusThatTheApiAnswers) {
  for (int value = 0; value < 100; ++value) {
    const auto status = static_cast<Status>(value);
    EXPECT_NE(phrase_of(outcome_of(status, false).status), "Unknown") << value;
    EXPECT_NE(phrase_of(outcome_of(status, true).status), "Unknown") << value;
  }
  for (unsigned status : {304u, 401u, 413u, 415u, 431u, 503u}) EXPECT_NE(phrase_of(status), "Unknown");
}

}  // namespace
}  // namespace ocf::http
