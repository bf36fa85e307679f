#include "auth_builtin/builtin_authorization.hpp"

#include "base/random.hpp"
#include "store_memory/memory_event_store.hpp"
#include "tests/contract/authorization_contract.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

namespace ocf::account::contract {
namespace {

using auth_builtin::BuiltinAuthorization;
using auth_builtin::Settings;
using auth_builtin::SigningKey;

class BuiltinServer final : public Server {
 public:
  explicit BuiltinServer(Settings settings) : server_(store_, settings, SigningKey::generate()) {}

  Authorization& authorization() override { return server_; }
  std::string provider() const override { return Settings().provider; }
  std::chrono::seconds code_lifetime() const override { return Settings().code_lifetime; }
  std::chrono::seconds access_token_lifetime() const override { return Settings().access_token_lifetime; }
  std::string issue_code(Tenant tenant, Owner owner, Time now) override {
    return run(server_.issue_code(std::move(tenant), std::move(owner), now)).value();
  }
  std::string issue_user_token(Tenant tenant, Owner owner, std::chrono::seconds lifetime, Time now) override {
    return server_.issue_user_token(tenant, owner, lifetime, now);
  }

 private:
  store_memory::MemoryEventStore store_{4};
  BuiltinAuthorization server_;
};

std::unique_ptr<Server> open() { return std::make_unique<BuiltinServer>(Settings()); }
std::unique_ptr<Server> open_without_cache() {
  Settings settings;
  settings.cached_devices_max = 0;
  return std::make_unique<BuiltinServer>(settings);
}

INSTANTIATE_TEST_SUITE_P(Builtin, AuthorizationContract, ::testing::Values(Plug{open}));
INSTANTIATE_TEST_SUITE_P(BuiltinWithoutCache, AuthorizationContract,
                         ::testing::Values(Plug{open_without_cache}));

}  // namespace
}  // namespace ocf::account::contract

namespace ocf::auth_builtin {
namespace {

using account::AuthorizationError;
using account::awaitable;
using account::contract::refused;
using account::contract::run;

// The memory store behind a network: every answer takes a turn of the loop. Counts what it is asked, and can
// be away.
class DistantStore final : public es::EventStore {
 public:
  es::Partition partitions() const override { return store.partitions(); }
  awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream, es::Version after) override {
    int turns = ++reads == slow_read ? 20 : 1;
    co_await travel();
    if (away) co_return es::StoreError::unavailable;
    auto answer = co_await store.read(std::move(stream), after);
    while (turns-- > 0) co_await travel();
    co_return answer;
  }
  awaitable<Result<es::EventBatch>> append(es::Append append) override {
    ++appends;
    co_await travel();
    if (away) co_return es::StoreError::unavailable;
    auto answer = co_await store.append(std::move(append));
    co_await travel();
    co_return answer;
  }
  awaitable<Result<void>> trim(es::Trim trim) override { return store.trim(std::move(trim)); }
  awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                 std::size_t limit) override {
    return store.read_partition(partition, from, limit);
  }

  static awaitable<void> travel() { co_await boost::asio::post(boost::asio::use_awaitable); }

  store_memory::MemoryEventStore store{4};
  int reads = 0, appends = 0;
  int slow_read = 0;  // which one, counted by `reads`
  bool away = false;
};

struct Builtin : ::testing::Test {
  std::string code(const account::Owner& owner) { return run(server.issue_code(tenant, owner, now)).value(); }
  Result<account::SignedUp> sign_up(const std::string& code, const DeviceId& device) {
    return run(server.sign_up(account::SignUp(device, code, now)));
  }
  account::Check check_of(const std::string& token, const DeviceId& device) {
    account::Check request(token, now);
    request.device = device;
    return request;
  }
  Result<account::Checked> sign_in(const std::string& token, const DeviceId& device) {
    return run(server.check(check_of(token, device)));
  }
  Result<account::Tokens> refresh(const std::string& token, const DeviceId& device) {
    return run(server.refresh(account::Refresh(device, token, now)));
  }

  const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
  const DeviceId phone = DeviceId::parse("00000000-0000-0000-0000-00000000000b").value();
  const account::Tenant tenant{"default"};
  const account::Owner alice{"alice"};
  Time now{std::chrono::milliseconds(1'700'000'000'123)};
  DistantStore store;
  BuiltinAuthorization server{store, Settings(), SigningKey::generate()};
};

template <class T>
void spawn(boost::asio::io_context& context, awaitable<T> work, std::optional<T>& result) {
  boost::asio::co_spawn(context, std::move(work), [&result](std::exception_ptr failed, T value) {
    if (failed) std::rethrow_exception(failed);
    result.emplace(std::move(value));
  });
}

TEST_F(Builtin, GivesACodeToOneOfTwoDevicesThatRaceForIt) {
  const std::string contested = code(alice);
  std::optional<Result<account::SignedUp>> lamps, phones;
  boost::asio::io_context context;
  spawn(context, server.sign_up(account::SignUp(lamp, contested, now)), lamps);
  spawn(context, server.sign_up(account::SignUp(phone, contested, now)), phones);
  context.run();
  EXPECT_NE(bool(*lamps), bool(*phones)) << "one of them, and only one";
  for (const auto& [signed_up, device] : {std::pair(*lamps, lamp), std::pair(*phones, phone)}) {
    if (signed_up) {
      EXPECT_TRUE(refused(sign_in(signed_up->tokens.access_token, device)))
          << "the other one's try was a replay";
    }
  }
}

TEST_F(Builtin, AnswersTwoSignUpsOfOneDeviceAtOnceWithPairsOfOneOnboarding) {
  const std::string given = code(alice);
  std::optional<Result<account::SignedUp>> first, second;
  boost::asio::io_context context;
  spawn(context, server.sign_up(account::SignUp(lamp, given, now)), first);
  spawn(context, server.sign_up(account::SignUp(lamp, given, now)), second);
  context.run();
  ASSERT_TRUE(*first && *second);
  EXPECT_EQ((*first)->grant, (*second)->grant);
  EXPECT_TRUE(sign_in((*first)->tokens.access_token, lamp));
  EXPECT_TRUE(sign_in((*second)->tokens.access_token, lamp));
}

TEST_F(Builtin, DoesNotCacheWhatWasReadBeforeARevocation) {
  const auto signed_up = sign_up(code(alice), lamp);
  ASSERT_TRUE(signed_up);
  BuiltinAuthorization restarted(store, Settings(), SigningKey::generate());
  std::optional<Result<account::Access>> access;
  std::optional<Result<void>> signed_off;
  boost::asio::io_context context;
  spawn(context, restarted.access(signed_up->principal, now), access);
  spawn(context, restarted.sign_off(tenant, lamp, alice, now), signed_off);
  store.slow_read = store.reads + 3;  // the second of access(): that there is no more
  context.run();
  ASSERT_TRUE(*signed_off && *access);
  ASSERT_NE((*access)->on_owned, 0) << "it was read before the revocation, and answered after it";
  EXPECT_EQ(run(restarted.access(signed_up->principal, now)).value().on_owned, 0);
}

TEST_F(Builtin, RemembersEverythingInTheStore) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / random_uuid();
  std::filesystem::create_directory(folder);
  const auto file = folder / "signing-key.pem";
  const std::string given = [&] {
    BuiltinAuthorization before(store, Settings(), SigningKey::load_or_create(file));
    return run(before.issue_code(tenant, alice, now)).value();
  }();
  account::Tokens tokens;
  {
    BuiltinAuthorization before(store, Settings(), SigningKey::load_or_create(file));
    tokens = run(before.sign_up(account::SignUp(lamp, given, now))).value().tokens;
    ASSERT_TRUE(run(before.check(check_of(tokens.access_token, lamp))));
  }
  BuiltinAuthorization after(store, Settings(), SigningKey::load_or_create(file));
  EXPECT_TRUE(run(after.check(check_of(tokens.access_token, lamp))));
  EXPECT_TRUE(run(after.refresh(account::Refresh(lamp, tokens.refresh_token, now))));
  EXPECT_TRUE(refused(run(after.sign_up(account::SignUp(phone, given, now)))));
  EXPECT_TRUE(refused(run(after.check(check_of(tokens.access_token, lamp)))));
  std::filesystem::remove_all(folder);
}

TEST_F(Builtin, AsksTheStoreOnceAGenerationAndNeverAgain) {
  const auto signed_up = sign_up(code(alice), lamp);
  ASSERT_TRUE(signed_up);
  const int reads = store.reads, appends = store.appends;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sign_in(signed_up->tokens.access_token, lamp));
  EXPECT_EQ(store.reads, reads);
  EXPECT_EQ(store.appends, appends + 1);
}

TEST_F(Builtin, SaysUnavailableWhileTheStoreIsAway) {
  const std::string given = code(alice);
  const auto signed_up = sign_up(code(alice), phone);
  ASSERT_TRUE(signed_up);
  const Error unavailable = make_error_code(AuthorizationError::unavailable);
  store.away = true;
  EXPECT_EQ(sign_up(given, lamp).error(), unavailable);
  EXPECT_EQ(sign_in(signed_up->tokens.access_token, phone).error(), unavailable);
  EXPECT_EQ(refresh(signed_up->tokens.refresh_token, phone).error(), unavailable);
  EXPECT_EQ(run(server.sign_off(tenant, phone, alice, now)).error(), unavailable);
  EXPECT_EQ(run(server.issue_code(tenant, alice, now)).error(), unavailable);
  EXPECT_EQ(run(server.access(account::Principal::of_device(tenant, alice, lamp), now)).error(), unavailable);
  store.away = false;
  EXPECT_TRUE(sign_up(given, lamp)) << "nothing was spent";
  EXPECT_TRUE(sign_in(signed_up->tokens.access_token, phone));
}

TEST_F(Builtin, LetsTheOldTokensOfAnOwnerEndWhenTheNewOnesAreUsed) {
  const auto before = sign_up(code(alice), lamp);
  ASSERT_TRUE(sign_in(before->tokens.access_token, lamp));
  const auto after = sign_up(code(alice), lamp);
  EXPECT_TRUE(sign_in(before->tokens.access_token, lamp));
  EXPECT_TRUE(sign_in(after->tokens.access_token, lamp));
  EXPECT_TRUE(refused(sign_in(before->tokens.access_token, lamp)));
  EXPECT_TRUE(refused(refresh(before->tokens.refresh_token, lamp)));
}

TEST_F(Builtin, LetsNobodyEndTheTokensOfAnothersDeviceBySigningItUp) {
  const auto alices = sign_up(code(alice), lamp);
  ASSERT_TRUE(sign_in(alices->tokens.access_token, lamp));
  const auto mallorys = sign_up(code(account::Owner("mallory")), lamp);
  ASSERT_TRUE(sign_in(mallorys->tokens.access_token, lamp));
  EXPECT_TRUE(sign_in(alices->tokens.access_token, lamp));
}

TEST_F(Builtin, SaysInsideTheHubWhyItRefused) {
  const Error refused = make_error_code(AuthorizationError::refused);
  const Error expired = make_error_code(AuthorizationError::expired);
  const Error reused = make_error_code(AuthorizationError::reused);
  const std::string unused = code(alice);
  const std::string given = code(alice);
  const auto first = sign_up(given, lamp);
  ASSERT_TRUE(sign_in(first->tokens.access_token, lamp));
  EXPECT_EQ(sign_in(first->tokens.access_token, phone).error(), refused);
  const auto second = refresh(first->tokens.refresh_token, lamp);
  ASSERT_TRUE(sign_in(second->access_token, lamp));
  EXPECT_EQ(sign_in(first->tokens.access_token, lamp).error(), refused) << "it was replaced";
  EXPECT_EQ(refresh(first->tokens.refresh_token, lamp).error(), reused);
  EXPECT_EQ(refresh(second->refresh_token, lamp).error(), refused) << "it is revoked";
  EXPECT_EQ(sign_up(given, lamp).error(), reused);
  EXPECT_EQ(sign_up(given, phone).error(), reused);
  EXPECT_EQ(sign_up("invented", lamp).error(), refused);
  const auto last = sign_up(code(alice), lamp);

  account::Check check = check_of(last->tokens.access_token, lamp);
  check.certificate_device = phone;
  account::Refresh rotation(lamp, last->tokens.refresh_token, now);
  rotation.certificate_device = phone;
  account::SignUp request(lamp, unused, now);
  request.certificate_device = phone;
  const Error disagrees = make_error_code(AuthorizationError::certificate_disagrees);
  EXPECT_EQ(run(server.check(check)).error(), disagrees);
  EXPECT_EQ(run(server.refresh(rotation)).error(), disagrees);
  EXPECT_EQ(run(server.sign_up(request)).error(), disagrees);

  now += std::chrono::hours(24 * 365);
  EXPECT_EQ(sign_up(unused, phone).error(), expired);
  EXPECT_EQ(sign_in(last->tokens.access_token, lamp).error(), expired);
}

// Nothing that was handed out is found in what is stored, whole or in part.
TEST_F(Builtin, StoresNoCodeAndNoToken) {
  const std::string given = code(alice);
  const auto signed_up = sign_up(given, lamp);
  ASSERT_TRUE(sign_in(signed_up->tokens.access_token, lamp));
  const auto refreshed = refresh(signed_up->tokens.refresh_token, lamp);
  ASSERT_TRUE(refreshed);
  ASSERT_TRUE(sign_in(refreshed->access_token, lamp));
  ASSERT_TRUE(refused(refresh(signed_up->tokens.refresh_token, lamp)));
  server.issue_user_token(tenant, alice, std::chrono::seconds(60), now);

  std::string stored;
  for (es::Partition partition = 0; partition < store.partitions(); ++partition) {
    const auto slice = run(store.read_partition(partition, 1, 1000)).value();
    for (const auto& event : *slice.events) stored += as_text(es::encode_record(event));
  }
  const auto is_stored = [&stored](std::string_view secret) {
    const auto bytes = from_base64url(secret);
    return stored.find(secret) != std::string::npos ||
           (bytes && stored.find(as_text(*bytes)) != std::string::npos);
  };
  ASSERT_TRUE(is_stored(signed_up->grant)) << "this test can find what is there";

  for (const std::string& secret : {given, signed_up->tokens.access_token, signed_up->tokens.refresh_token,
                                    refreshed->access_token, refreshed->refresh_token}) {
    EXPECT_FALSE(is_stored(secret)) << secret;
    const auto first = secret.find('.');
    const auto last = secret.rfind('.');
    EXPECT_FALSE(is_stored(std::string_view(secret).substr(first + 1))) << secret;
    EXPECT_FALSE(is_stored(std::string_view(secret).substr(last + 1))) << secret;
    if (first != last) {
      EXPECT_FALSE(is_stored(std::string_view(secret).substr(first + 1, last - first - 1))) << secret;
    }
  }
}

}  // namespace
}  // namespace ocf::auth_builtin
