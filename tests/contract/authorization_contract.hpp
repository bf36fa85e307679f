// What every Authorization promises, as tests. A plug's test file includes this header once and instantiates
// the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Builtin, AuthorizationContract, ::testing::Values(Plug{open}));
#pragma once

#include "account/authorization.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ocf::account::contract {

// An authorization server under test, with the two things that its users do elsewhere. Time is what the tests
// say.
class Server {
 public:
  virtual ~Server() = default;
  virtual Authorization& authorization() = 0;
  virtual std::string provider() const = 0;
  virtual std::chrono::seconds code_lifetime() const = 0;
  virtual std::chrono::seconds access_token_lifetime() const = 0;
  virtual std::string issue_code(Tenant tenant, Owner owner, Time now) = 0;
  virtual std::string issue_user_token(Tenant tenant, Owner owner, std::chrono::seconds lifetime,
                                       Time now) = 0;
};

struct Plug {
  std::function<std::unique_ptr<Server>()> open;
};

template <class T>
T run(awaitable<T> work) {
  std::optional<T> result;
  boost::asio::io_context context;
  boost::asio::co_spawn(context, std::move(work), [&result](std::exception_ptr failed, T value) {
    if (failed) std::rethrow_exception(failed);
    result.emplace(std::move(value));
  });
  context.run();
  return std::move(*result);
}

template <class T>
bool refused(const Result<T>& result) {
  return result.has_error() && is_refusal_of_credentials(result.error());
}

class AuthorizationContract : public ::testing::TestWithParam<Plug> {
 protected:
  Authorization& authorization() { return server->authorization(); }
  std::string code(const Owner& owner, const Tenant& of = Tenant("default")) {
    return server->issue_code(of, owner, now);
  }

  SignUp sign_up_request(const std::string& code, const DeviceId& device) {
    return SignUp(device, code, now);
  }
  Result<SignedUp> sign_up(SignUp request) { return run(authorization().sign_up(std::move(request))); }
  Result<SignedUp> sign_up(const std::string& code, const DeviceId& device) {
    return sign_up(sign_up_request(code, device));
  }
  SignedUp onboard(const DeviceId& device, const Owner& owner, const Tenant& of = Tenant("default")) {
    return sign_up(code(owner, of), device).value();
  }

  Check check_request(const std::string& token, const DeviceId& device) {
    Check request(token, now);
    request.device = device;
    return request;
  }
  Result<Checked> check(Check request) { return run(authorization().check(std::move(request))); }
  Result<Checked> sign_in(const std::string& token, const DeviceId& device) {
    return check(check_request(token, device));
  }
  Result<Checked> check_bearer(const std::string& token) { return check(Check(token, now)); }

  Result<Tokens> refresh(Refresh request) { return run(authorization().refresh(std::move(request))); }
  Result<Tokens> refresh(const std::string& token, const DeviceId& device) {
    return refresh(Refresh(device, token, now));
  }
  void sign_off(const DeviceId& device) {
    ASSERT_TRUE(run(authorization().sign_off(tenant, device, alice, now)));
  }
  Access access(const Principal& principal) { return run(authorization().access(principal, now)).value(); }

  // Nothing that the device was given is worth anything any more.
  void expect_revoked(const Tokens& tokens, const DeviceId& device) {
    EXPECT_TRUE(refused(sign_in(tokens.access_token, device)));
    EXPECT_TRUE(refused(refresh(tokens.refresh_token, device)));
  }

  const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
  const DeviceId phone = DeviceId::parse("00000000-0000-0000-0000-00000000000b").value();
  const Tenant tenant{"default"};
  const Owner alice{"alice"}, bob{"bob"};
  Time now{std::chrono::milliseconds(1'700'000'000'123)};
  std::unique_ptr<Server> server = GetParam().open();
};

// -- Sign-up

TEST_P(AuthorizationContract, GivesTheDeviceTokensOfWhomTheCodeWasIssuedTo) {  // A1, A5
  const auto signed_up = sign_up(code(alice), lamp);
  ASSERT_TRUE(signed_up);
  EXPECT_EQ(signed_up->principal, Principal::of_device(tenant, alice, lamp));
  EXPECT_EQ(signed_up->tokens.uid, "alice");
  EXPECT_FALSE(signed_up->tokens.access_token.empty());
  EXPECT_FALSE(signed_up->tokens.refresh_token.empty());
  EXPECT_FALSE(signed_up->grant.empty());
  ASSERT_TRUE(signed_up->tokens.expires);
  EXPECT_GT(*signed_up->tokens.expires, now);
  EXPECT_LE(*signed_up->tokens.expires, now + server->access_token_lifetime());
}

TEST_P(AuthorizationContract, TakesTheTenantFromTheCode) {
  const SignedUp signed_up = onboard(lamp, alice, Tenant("acme"));
  EXPECT_EQ(signed_up.principal.tenant, Tenant("acme"));
  const auto checked = sign_in(signed_up.tokens.access_token, lamp);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->principal.tenant, Tenant("acme"));
}

TEST_P(AuthorizationContract, RefusesACodeToASecondDeviceAndRevokesWhatItGave) {
  for (const bool is_used : {false, true}) {
    const std::string given = code(alice);
    const auto first = sign_up(given, lamp);
    ASSERT_TRUE(first);
    if (is_used) {
      ASSERT_TRUE(sign_in(first->tokens.access_token, lamp));
    }
    EXPECT_TRUE(refused(sign_up(given, phone)));
    expect_revoked(first->tokens, lamp);
    EXPECT_TRUE(refused(sign_up(given, lamp)));
  }
}

TEST_P(AuthorizationContract, GivesAFreshPairUntilTheFirstOneWasUsed) {
  const std::string given = code(alice);
  const auto lost = sign_up(given, lamp);
  const auto lost_again = sign_up(given, lamp);
  now += std::chrono::seconds(2);
  const auto arrived = sign_up(given, lamp);
  ASSERT_TRUE(lost && lost_again && arrived);
  EXPECT_EQ(arrived->grant, lost->grant);
  EXPECT_EQ(arrived->principal, lost->principal);
  EXPECT_NE(arrived->tokens.access_token, lost->tokens.access_token);
  EXPECT_NE(arrived->tokens.refresh_token, lost->tokens.refresh_token);
  EXPECT_TRUE(sign_in(arrived->tokens.access_token, lamp));
  EXPECT_TRUE(refresh(arrived->tokens.refresh_token, lamp));
}

TEST_P(AuthorizationContract, NamesEveryOnboardingAnew) {
  EXPECT_NE(onboard(lamp, alice).grant, onboard(lamp, alice).grant);
}

TEST_P(AuthorizationContract, RefusesACodeWhosePairWasUsedAndRevokesIt) {
  for (const bool is_refreshed : {false, true}) {
    const std::string given = code(alice);
    const auto signed_up = sign_up(given, lamp);
    ASSERT_TRUE(signed_up);
    Tokens tokens = signed_up->tokens;
    if (is_refreshed) {
      tokens = refresh(tokens.refresh_token, lamp).value();
    } else {
      ASSERT_TRUE(sign_in(tokens.access_token, lamp));
    }
    EXPECT_TRUE(refused(sign_up(given, lamp)));
    expect_revoked(tokens, lamp);
    EXPECT_TRUE(refused(sign_up(given, lamp)));
  }
}

TEST_P(AuthorizationContract, RefusesAnExpiredCode) {
  const std::string in_time = code(alice);
  const std::string too_late = code(alice);
  now += server->code_lifetime() - std::chrono::milliseconds(1);
  EXPECT_TRUE(sign_up(in_time, lamp));
  now += std::chrono::milliseconds(1);
  EXPECT_TRUE(refused(sign_up(too_late, phone)));
}

TEST_P(AuthorizationContract, RefusesWhatIsNoCode) {
  const std::string given = code(alice);
  const SignedUp signed_up = onboard(lamp, alice);
  const std::vector<std::string> none{"",
                                      "code",
                                      given + "A",
                                      given.substr(1),
                                      given + '\0',
                                      " " + given,
                                      given + given,
                                      "../../code",
                                      std::string(100'000, 'A'),
                                      signed_up.tokens.access_token,
                                      signed_up.tokens.refresh_token};
  for (const std::string& text : none) EXPECT_TRUE(refused(sign_up(text, phone))) << text.substr(0, 100);
  EXPECT_TRUE(sign_up(given, phone));
}

TEST_P(AuthorizationContract, KnowsItsProviderAndNoOther) {
  const std::string given = code(alice);
  SignUp request = sign_up_request(given, lamp);
  request.provider = "somebody-else";
  EXPECT_EQ(sign_up(request).error(), make_error_code(AuthorizationError::unknown_provider));
  request.provider = server->provider();
  EXPECT_TRUE(sign_up(request));
}

TEST_P(AuthorizationContract, BelievesACertificateMoreThanTheBody) {
  SignUp signing_up = sign_up_request(code(alice), lamp);
  signing_up.certificate_device = phone;
  EXPECT_TRUE(refused(sign_up(signing_up)));
  signing_up.certificate_device = lamp;
  const auto signed_up = sign_up(signing_up);
  ASSERT_TRUE(signed_up) << "the refusal must not have spent the code";

  Check checking = check_request(signed_up->tokens.access_token, lamp);
  checking.certificate_device = phone;
  EXPECT_TRUE(refused(check(checking)));
  checking.certificate_device = lamp;
  EXPECT_TRUE(check(checking));

  Refresh refreshing(lamp, signed_up->tokens.refresh_token, now);
  refreshing.certificate_device = phone;
  EXPECT_TRUE(refused(refresh(refreshing)));
  refreshing.certificate_device = lamp;
  EXPECT_TRUE(refresh(refreshing));
}

// -- Access tokens

TEST_P(AuthorizationContract, SaysWhoIsBehindADevicesToken) {  // A2
  const SignedUp signed_up = onboard(lamp, alice);
  const auto checked = sign_in(signed_up.tokens.access_token, lamp);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->principal, Principal::of_device(tenant, alice, lamp));
  EXPECT_EQ(checked->expires, signed_up.tokens.expires);
}

TEST_P(AuthorizationContract, RefusesADevicesTokenFromAnotherDevice) {
  const SignedUp signed_up = onboard(lamp, alice);
  onboard(phone, alice);
  EXPECT_TRUE(refused(sign_in(signed_up.tokens.access_token, phone)));
  EXPECT_TRUE(sign_in(signed_up.tokens.access_token, lamp));
}

TEST_P(AuthorizationContract, RefusesAnotherUid) {
  const SignedUp signed_up = onboard(lamp, alice);
  Check checking = check_request(signed_up.tokens.access_token, lamp);
  checking.uid = "bob";
  EXPECT_TRUE(refused(check(checking)));
  checking.uid = "alice";
  EXPECT_TRUE(check(checking));

  Refresh refreshing(lamp, signed_up.tokens.refresh_token, now);
  refreshing.uid = "bob";
  EXPECT_TRUE(refused(refresh(refreshing)));
  refreshing.uid = "alice";
  EXPECT_TRUE(refresh(refreshing));
}

TEST_P(AuthorizationContract, RefusesAnExpiredAccessTokenButNotItsRefreshToken) {
  const SignedUp signed_up = onboard(lamp, alice);
  now = *signed_up.tokens.expires - std::chrono::milliseconds(1);
  EXPECT_TRUE(sign_in(signed_up.tokens.access_token, lamp));
  now += std::chrono::milliseconds(1);
  EXPECT_TRUE(refused(sign_in(signed_up.tokens.access_token, lamp)));
  now += std::chrono::hours(24 * 365);
  const auto refreshed = refresh(signed_up.tokens.refresh_token, lamp);
  ASSERT_TRUE(refreshed);
  EXPECT_TRUE(sign_in(refreshed->access_token, lamp));
}

TEST_P(AuthorizationContract, RefusesWhatIsNoAccessToken) {
  const SignedUp signed_up = onboard(lamp, alice);
  std::string altered = signed_up.tokens.access_token;
  altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& text : {std::string(), std::string("token"), altered,
                                  signed_up.tokens.refresh_token, code(alice), std::string(100'000, '.')}) {
    EXPECT_TRUE(refused(sign_in(text, lamp))) << text.substr(0, 100);
    EXPECT_TRUE(refused(check_bearer(text))) << text.substr(0, 100);
  }
  EXPECT_TRUE(sign_in(signed_up.tokens.access_token, lamp));
}

TEST_P(AuthorizationContract, TakesAUsersTokenFromUsersOnlyAndADevicesFromThatDeviceOnly) {  // A7
  const std::string token = server->issue_user_token(tenant, alice, std::chrono::minutes(1), now);
  const SignedUp signed_up = onboard(lamp, alice);
  const auto checked = check_bearer(token);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->principal, Principal::user(tenant, alice));
  EXPECT_TRUE(refused(sign_in(token, lamp)));
  EXPECT_TRUE(refused(check_bearer(signed_up.tokens.access_token)));
  now += std::chrono::minutes(1);
  EXPECT_TRUE(refused(check_bearer(token)));
}

// -- Refresh

TEST_P(AuthorizationContract, RotatesTheRefreshToken) {
  Tokens tokens = onboard(lamp, alice).tokens;
  for (int rotation = 0; rotation < 3; ++rotation) {
    now += server->access_token_lifetime();
    const auto refreshed = refresh(tokens.refresh_token, lamp);
    ASSERT_TRUE(refreshed);
    EXPECT_EQ(refreshed->uid, "alice");
    EXPECT_NE(refreshed->refresh_token, tokens.refresh_token);
    EXPECT_TRUE(sign_in(refreshed->access_token, lamp));
    tokens = *refreshed;
  }
}

TEST_P(AuthorizationContract, TakesTheRefreshTokenBeforeUntilTheNewPairIsUsed) {
  const Tokens first = onboard(lamp, alice).tokens;
  ASSERT_TRUE(sign_in(first.access_token, lamp));
  ASSERT_TRUE(refresh(first.refresh_token, lamp));  // the answer is lost
  ASSERT_TRUE(refresh(first.refresh_token, lamp));  // and once more
  EXPECT_TRUE(sign_in(first.access_token, lamp));
  const auto arrived = refresh(first.refresh_token, lamp);
  ASSERT_TRUE(arrived);
  EXPECT_TRUE(sign_in(arrived->access_token, lamp));
  EXPECT_TRUE(refused(sign_in(first.access_token, lamp)));
  EXPECT_TRUE(refresh(arrived->refresh_token, lamp));
}

TEST_P(AuthorizationContract, RevokesTheFamilyWhenARetiredRefreshTokenComesBack) {
  const Tokens first = onboard(lamp, alice).tokens;
  Tokens newest = refresh(first.refresh_token, lamp).value();
  ASSERT_TRUE(sign_in(newest.access_token, lamp));
  newest = refresh(newest.refresh_token, lamp).value();
  ASSERT_TRUE(sign_in(newest.access_token, lamp));
  EXPECT_TRUE(refused(refresh(first.refresh_token, lamp)));
  expect_revoked(newest, lamp);
}

TEST_P(AuthorizationContract, RefusesAForeignRefreshTokenWithoutHarm) {
  const Tokens lamps = onboard(lamp, alice).tokens;
  const Tokens phones = onboard(phone, bob).tokens;
  std::string altered = lamps.refresh_token;
  altered.front() = altered.front() == 'A' ? 'B' : 'A';
  for (const std::string& text : {std::string(), std::string("..."), altered, phones.refresh_token,
                                  lamps.access_token, code(alice), std::string(100'000, 'A')}) {
    EXPECT_TRUE(refused(refresh(text, lamp))) << text.substr(0, 100);
  }
  EXPECT_TRUE(refused(refresh(lamps.refresh_token, phone)));
  EXPECT_TRUE(sign_in(lamps.access_token, lamp));
  EXPECT_TRUE(sign_in(phones.access_token, phone));
}

// -- Sign-off

TEST_P(AuthorizationContract, RevokesEveryTokenOfADeviceThatSignsOff) {  // A3
  const std::string given = code(alice);
  const auto signed_up = sign_up(given, lamp);
  const SignedUp other = onboard(phone, alice);
  const SignedUp elsewhere = onboard(lamp, alice, Tenant("acme"));
  ASSERT_TRUE(signed_up);
  const auto refreshed = refresh(signed_up->tokens.refresh_token, lamp);
  ASSERT_TRUE(refreshed);
  sign_off(lamp);
  sign_off(lamp);
  expect_revoked(signed_up->tokens, lamp);
  expect_revoked(*refreshed, lamp);
  EXPECT_TRUE(refused(sign_up(given, lamp)));
  EXPECT_TRUE(sign_in(other.tokens.access_token, phone));
  EXPECT_TRUE(sign_in(elsewhere.tokens.access_token, lamp));
}

TEST_P(AuthorizationContract, LetsADeviceComeBackWithANewCode) {
  const SignedUp before = onboard(lamp, alice);
  sign_off(lamp);
  const auto after = sign_up(code(bob), lamp);
  ASSERT_TRUE(after);
  EXPECT_NE(after->grant, before.grant);
  EXPECT_EQ(sign_in(after->tokens.access_token, lamp).value().principal,
            Principal::of_device(tenant, bob, lamp));
  expect_revoked(before.tokens, lamp);
}

TEST_P(AuthorizationContract, LeavesTheNextOwnerWhatTheirCodeGave) {
  const SignedUp before = onboard(lamp, alice);
  const std::string given = code(bob);
  ASSERT_TRUE(sign_up(given, lamp));  // the device is still alice's: the answer is of no use yet
  sign_off(lamp);
  expect_revoked(before.tokens, lamp);
  const auto after = sign_up(given, lamp);
  ASSERT_TRUE(after);
  EXPECT_TRUE(sign_in(after->tokens.access_token, lamp));
}

TEST_P(AuthorizationContract, SignsOffWhomItNeverSaw) { sign_off(lamp); }

// -- Access

TEST_P(AuthorizationContract, LetsAnOwnerUseAndManageButNotSpeakForTheDevices) {  // A4, A7
  const Access allowed = access(Principal::user(tenant, alice));
  const Subject own{tenant, lamp, alice};
  EXPECT_EQ(allowed.principal, Principal::user(tenant, alice));
  EXPECT_EQ(allowed.as_of, now);
  EXPECT_TRUE(allowed.allows(own, Right::read));
  EXPECT_TRUE(allowed.allows(own, Right::control));
  EXPECT_TRUE(allowed.allows(own, Right::manage));
  EXPECT_FALSE(allowed.allows(own, Right::host));
  for (const Right right : {Right::read, Right::control, Right::manage, Right::host}) {
    EXPECT_FALSE(allowed.allows({tenant, lamp, bob}, right));
    EXPECT_FALSE(allowed.allows({Tenant("acme"), lamp, alice}, right));
  }
}

TEST_P(AuthorizationContract, LetsADeviceSpeakForItselfAndUseTheDevicesOfItsOwner) {  // A6
  const Principal device = onboard(lamp, alice).principal;
  const Access allowed = access(device);
  EXPECT_TRUE(allowed.allows({tenant, lamp, alice}, Right::host));
  EXPECT_FALSE(allowed.allows({tenant, phone, alice}, Right::host));
  EXPECT_TRUE(allowed.allows({tenant, phone, alice}, Right::read));
  EXPECT_TRUE(allowed.allows({tenant, phone, alice}, Right::control));
  EXPECT_FALSE(allowed.allows({tenant, phone, alice}, Right::manage));
  for (const Right right : {Right::read, Right::control, Right::manage, Right::host}) {
    EXPECT_FALSE(allowed.allows({tenant, phone, bob}, right));
    EXPECT_FALSE(allowed.allows({tenant, lamp, bob}, right)) << "it changed hands";
  }
}

TEST_P(AuthorizationContract, LeavesADeviceNothingAfterItsSignOff) {
  const Principal device = onboard(lamp, alice).principal;
  const std::uint64_t revision = access(device).revision;
  sign_off(lamp);
  const Access left = access(device);
  EXPECT_NE(left.revision, revision);
  for (const Right right : {Right::read, Right::control, Right::manage, Right::host}) {
    EXPECT_FALSE(left.allows({tenant, lamp, alice}, right));
  }
}

TEST_P(AuthorizationContract, TellsWhenAccessChangedUntilNobodyListens) {
  std::vector<Tenant> told;
  auto subscription = authorization().on_change([&told](const Tenant& changed) { told.push_back(changed); });
  const std::string given = code(alice, Tenant("acme"));
  ASSERT_TRUE(sign_up(given, lamp));
  told.clear();
  EXPECT_TRUE(refused(sign_up(given, phone)));  // revokes
  EXPECT_EQ(told, std::vector<Tenant>{Tenant("acme")});
  told.clear();
  onboard(lamp, alice);
  told.clear();
  sign_off(lamp);
  EXPECT_EQ(told, std::vector<Tenant>{tenant});
  subscription.reset();
  onboard(lamp, alice);
  sign_off(lamp);
  EXPECT_EQ(told.size(), 1u);
}

}  // namespace ocf::account::contract
