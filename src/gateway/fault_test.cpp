#include "gateway/fault.hpp"

#include "account/error.hpp"
#include "base/bytes.hpp"
#include "es/error.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

using account::AuthorizationError;
using coap::Code;
using device::Cause;
using device::Stage;

coap::Message request(Code method, std::string_view path) {
  coap::Message message;
  message.code = method;
  message.add_path(path);
  return message;
}

TEST(Fault, OfARequestHasTheStageOfItsPath) {
  EXPECT_EQ(fault_of(request(Code::post, "/oic/sec/account"), Code::bad_request).stage, Stage::sign_up);
  EXPECT_EQ(fault_of(request(Code::del, "/oic/sec/account"), Code::bad_request).stage, Stage::request);
  EXPECT_EQ(fault_of(request(Code::post, "/oic/sec/session"), Code::bad_request).stage, Stage::sign_in);
  EXPECT_EQ(fault_of(request(Code::post, "/oic/sec/tokenrefresh"), Code::bad_request).stage,
            Stage::token_refresh);
  EXPECT_EQ(fault_of(request(Code::post, "/oic/rd"), Code::bad_request).stage, Stage::publish);
  EXPECT_EQ(fault_of(request(Code::get, "/oic/res"), Code::bad_request).stage, Stage::request);
}

TEST(Fault, OfCredentialsTellsCodesFromTokens) {
  const coap::Message sign_up = request(Code::post, "/oic/sec/account");
  const coap::Message sign_in = request(Code::post, "/oic/sec/session");
  EXPECT_EQ(fault_of(sign_up, AuthorizationError::refused).cause, Cause::unknown_code);
  EXPECT_EQ(fault_of(sign_up, AuthorizationError::expired).cause, Cause::expired_code);
  EXPECT_EQ(fault_of(sign_up, AuthorizationError::reused).cause, Cause::used_code);
  EXPECT_EQ(fault_of(sign_in, AuthorizationError::refused).cause, Cause::bad_token);
  EXPECT_EQ(fault_of(sign_in, AuthorizationError::expired).cause, Cause::expired_token);
  EXPECT_EQ(fault_of(sign_in, AuthorizationError::reused).cause, Cause::reused_token);
  EXPECT_EQ(fault_of(sign_in, es::StoreError::unavailable).cause, Cause::unavailable);
}

TEST(Fault, OfRoleCertificatesIsNoneToCareAbout) {
  EXPECT_EQ(fault_of(request(Code::post, "/oic/sec/roles"), Code::not_found).cause, Cause::not_hosted);
  EXPECT_EQ(fault_of(request(Code::post, "/oic/sec/other"), Code::not_found).cause, Cause::not_found);
}

TEST(Fault, IsToldWithTheAnswerAndTheRequestInPrintableLetters) {
  EXPECT_EQ(refusal_text(request(Code::post, "/a\n"), Code::unauthorized, "no"), "4.01 to POST /a%0a: no");
  EXPECT_EQ(refusal_text(request(Code::ipatch, "/a"), Code::method_not_allowed, "no"),
            "4.05 to iPATCH /a: no");
  EXPECT_EQ(refusal_text(request(Code(8), "/a"), Code::method_not_allowed, "no"), "4.05 to 0.08 /a: no");
}

TEST(ClaimedDevice, IsThatOfThePayloadOrQueryOfAnAccountRequestOrAPublication) {
  const DeviceId di = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
  const Bytes payload =
      from_hex("a162646978243032386163633361" + to_hex(as_bytes("-d1a5-4246-79cd-2876cfc55916"))).value();
  for (const char* path : {"/oic/sec/account", "/oic/sec/session", "/oic/sec/tokenrefresh", "/oic/rd"}) {
    coap::Message message = request(Code::post, path);
    message.payload = payload;
    EXPECT_EQ(claimed_device(message), di) << path;
  }
  coap::Message sign_off = request(Code::del, "/oic/sec/account");
  sign_off.add(coap::OptionNumber::uri_query, "di=" + di.text());
  EXPECT_EQ(claimed_device(sign_off), di);
  coap::Message other = request(Code::post, "/oic/res");
  other.payload = payload;
  EXPECT_EQ(claimed_device(other), std::nullopt);
}

}  // namespace
}  // namespace ocf::gateway
