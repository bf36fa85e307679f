// A cloud on a memory store, with an Authorization context that takes tokens at their word. For tests.
#pragma once

#include "bus_local/local_event_bus.hpp"
#include "cloud/cloud.hpp"
#include "cloud/feed.hpp"
#include "es/announcing_store.hpp"
#include "store_memory/memory_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace ocf::cloud {

// A code is "<owner>:<anything>"; an access token is "<owner>" of a user or "<owner>/<di>" of a device.
class TrustingAuthorization final : public account::Authorization {
 public:
  account::awaitable<Result<account::SignedUp>> sign_up(account::SignUp request) override {
    const account::Owner owner(request.code.substr(0, request.code.find(':')));
    account::SignedUp signed_up;
    signed_up.principal = account::Principal::of_device(tenant, owner, request.device);
    signed_up.tokens = {owner.text() + '/' + request.device.text(), "refresh", owner.text(), std::nullopt};
    signed_up.grant = request.code;
    co_return signed_up;
  }
  account::awaitable<Result<account::Checked>> check(account::Check request) override {
    const auto slash = request.token.find('/');
    account::Checked checked;
    checked.principal = account::Principal::user(tenant, account::Owner(request.token.substr(0, slash)));
    if (slash != std::string::npos) {
      const auto device = DeviceId::parse(request.token.substr(slash + 1));
      if (!device || request.device != *device) co_return account::AuthorizationError::refused;
      checked.principal = account::Principal::of_device(tenant, checked.principal.owner, *device);
    }
    co_return checked;
  }
  account::awaitable<Result<account::Tokens>> refresh(account::Refresh) override {
    co_return account::Tokens{};
  }
  account::awaitable<Result<void>> sign_off(account::Tenant, DeviceId, account::Owner, Time) override {
    co_return Result<void>();
  }
  account::awaitable<Result<account::Access>> access(account::Principal principal, Time now) override {
    account::Access access;
    access.on_owned = account::Right::read | account::Right::control | account::Right::host;
    if (principal.kind == account::Principal::Kind::user)
      access.on_owned = access.on_owned | account::Right::manage;
    access.principal = std::move(principal);
    access.as_of = now;
    co_return access;
  }
  Subscription on_change(Listener) override { return nullptr; }

  const account::Tenant tenant{"default"};
};

class RecordingChannel final : public Channel {
 public:
  void offer(Dispatch dispatch) override { offered.push_back(std::move(dispatch)); }
  Asked asked(const es::CorrelationId&) const override { return state; }
  void forget_unpublished() override { ++forgotten; }
  void begin_protocol_log() override { ++logs_begun; }
  void close(device::Disconnection reason) override { closed.push_back(reason); }

  std::vector<Dispatch> offered;
  Asked state = Asked::awaited;  // of every command
  std::size_t forgotten = 0, logs_begun = 0;
  std::vector<device::Disconnection> closed;
};

class TestCloud : public ::testing::Test {
 protected:
  TestCloud() { make_cloud(); }
  ~TestCloud() override { run_void(cloud->stop()); }

  // A hub that starts on what the store holds, as after a crash.
  void make_cloud() {
    cloud = std::make_unique<Cloud>(
        Cloud::Parts{store, bus, authorization, limits, [this] { return now; }, "hub"});
    EXPECT_TRUE(run(cloud->start()));
  }
  void crash() {
    run_void(cloud->stop_background());
    crashed.push_back(
        std::move(cloud));  // coroutines that it began are still there, as threads of a process would not be
    make_cloud();
  }

  // Lets the loop work until the coroutine has ended.
  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> result;
    begin(std::move(work), result);
    loop.restart();  // it stops whenever nothing is left to do
    while (!result) loop.run_one();
    return std::move(*result);
  }
  template <class T>
  void begin(awaitable<T> work, std::optional<T>& result) {
    boost::asio::co_spawn(loop, std::move(work), [&result](std::exception_ptr failed, T value) {
      if (failed) std::rethrow_exception(failed);
      result.emplace(std::move(value));
    });
  }
  void run_void(awaitable<void> work) {
    bool done = false;
    boost::asio::co_spawn(loop, std::move(work), [&done](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
      done = true;
    });
    loop.restart();
    while (!done) loop.run_one();
  }
  void settle() {
    loop.restart();
    while (loop.poll_one() > 0) {
    }
  }
  // The next sweep has happened.
  void sweep() {
    loop.restart();
    loop.run_for(std::chrono::milliseconds(300));
  }

  static DeviceId device_id(char last = '1') {
    return DeviceId::parse(std::string("028acc3a-d1a5-4246-79cd-2876cfc5591") + last).value();
  }
  static Caller user(const std::string& owner) {
    return Caller(owner, account::Principal::user(account::Tenant("default"), account::Owner(owner)));
  }
  static resource::Content content(std::uint8_t value) {
    return {10000, share(Bytes{0xa1, 0x61, 'v', value})};
  }
  static Link link(const std::string& href) {
    Link result;
    result.href = Href(href);
    result.resource_types = {"core.light"};
    result.interfaces = {"oic.if.rw", "oic.if.baseline"};
    result.policy = policy::discoverable | policy::observable;
    return result;
  }

  DeviceSession online(RecordingChannel& channel, const std::string& owner = "alice",
                       DeviceId id = device_id()) {
    EXPECT_TRUE(run(cloud->sign_up(account::SignUp(id, owner + ":1", now))));
    return sign_in(channel, owner, id);
  }
  DeviceSession sign_in(RecordingChannel& channel, const std::string& owner = "alice",
                        DeviceId id = device_id()) {
    auto session = run(cloud->sign_in(SignIn(id, owner + '/' + id.text()), channel));
    EXPECT_TRUE(session);
    return *session;
  }
  void publish(const DeviceSession& session, const std::string& href) {
    ASSERT_TRUE(run(cloud->publish(session, std::vector<Link>(1, link(href)), "lamp")));
  }
  Result<void> notify(const DeviceSession& session, std::uint8_t value, std::uint64_t sequence) {
    Notification notification;
    notification.href = Href("/light/1");
    notification.content = content(value);
    notification.sequence = sequence;
    return run(cloud->notify(session, std::move(notification)));
  }
  Result<void> confirm(const DeviceSession& session, const Dispatch& dispatch) {
    Confirmation confirmation;
    confirmation.correlation = dispatch.correlation;
    confirmation.href = dispatch.href;
    confirmation.status = resource::Status::changed;
    confirmation.sequence = 99;
    return run(cloud->confirm(session, std::move(confirmation)));
  }
  std::vector<std::string> types(const std::string& href = "/light/1") {
    std::vector<std::string> names;
    const History page = run(cloud->history(user("alice"), device_id(), Href(href))).value();
    for (const auto& recorded : page.events) names.push_back(recorded.event.type);
    return names;
  }

  Time now{std::chrono::hours(500'000)};
  Limits limits;
  boost::asio::io_context loop;
  store_memory::MemoryEventStore memory{4};
  bus_local::LocalEventBus bus;
  es::AnnouncingStore store{memory, bus};
  TrustingAuthorization authorization;
  std::vector<std::unique_ptr<Cloud>> crashed;
  std::unique_ptr<Cloud> cloud;
};

}  // namespace ocf::cloud
