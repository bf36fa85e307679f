#include "http/problem.hpp"

#include "account/authorization.hpp"
#include "es/error.hpp"
#include "http/error.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

TEST(Problem, SaysWhatWentWrongToProgramsAndToPeople) {
  const Response response = problem(cloud::CloudError::not_found);
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(response.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body, R"({"title":"Not Found","status":404,"reason":"not_found",)"
                           R"("detail":"there is no such device or resource"})");
}

TEST(Problem, ChallengesWhoHasNoTokenAndWhoHasABadOne) {
  EXPECT_EQ(problem(HttpError::no_token).field("WWW-Authenticate"), R"(Bearer realm="ocf-cloud")");
  EXPECT_EQ(problem(account::AuthorizationError::refused).field("WWW-Authenticate"),
            R"(Bearer realm="ocf-cloud", error="invalid_token")");
  EXPECT_EQ(problem(account::AuthorizationError::expired).field("WWW-Authenticate"),
            "Bearer realm=\"ocf-cloud\", error=\"invalid_token\"");
  EXPECT_EQ(problem(account::AuthorizationError::permission_denied).field("WWW-Authenticate"), std::nullopt);
}

TEST(Problem, SaysWhenToTryAgain) {
  EXPECT_EQ(problem(resource::ResourceError::device_offline).field("Retry-After"), "30");
  EXPECT_EQ(problem(cloud::CloudError::command_expired).field("Retry-After"), std::nullopt);
}

TEST(Problem, KeepsInternalsToItself) {
  const Response response = problem(es::StoreError::corrupt);
  EXPECT_EQ(response.status, 500u);
  EXPECT_EQ(response.body.find(make_error_code(es::StoreError::corrupt).message()), std::string::npos)
      << response.body;
}

TEST(Problem, CarriesTheDevicesOwnAnswer) {
  cloud::Answer answer;
  answer.status = resource::Status::bad_request;
  answer.content.format = 10000;
  answer.content.bytes = share(*from_hex("a1656572726f726163"));  // {"error": "c"}
  const Response response = problem(answer);
  EXPECT_EQ(response.status, 400u);
  EXPECT_EQ(response.body, R"({"title":"Bad Request","status":400,"reason":"device_bad_request",)"
                           R"("detail":"the device refused the request","answer":{"error":"c"}})");
}

}  // namespace
}  // namespace ocf::http
