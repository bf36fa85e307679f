// A whole cloud without sockets, for the tests of the API: memory store, an authorization where the token is
// the owner's name, and devices that answer as they are told.
#pragma once

#include "bus_local/local_event_bus.hpp"
#include "cloud/cloud.hpp"
#include "es/announcing_store.hpp"
#include "http/routes.hpp"
#include "net/shard.hpp"
#include "store_memory/memory_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ocf::http {

// Runs the loop until the coroutine has ended.
inline void run(boost::asio::io_context& context, awaitable<void> task) {
  bool ended = false;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr exception) {
    if (exception) std::rethrow_exception(exception);
    ended = true;
  });
  context.restart();
  while (!ended) context.run_one();
}
template <class T>
awaitable<void> keep(awaitable<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}
template <class T>
T run(boost::asio::io_context& context, awaitable<T> task) {
  std::optional<T> result;
  run(context, keep(std::move(task), result));
  return std::move(*result);
}

class FakeAuthorization final : public account::Authorization {
 public:
  template <class T>
  using Answer = account::awaitable<Result<T>>;

  bool is_away = false;

  Answer<account::SignedUp> sign_up(account::SignUp request) override {
    account::SignedUp signed_up;
    signed_up.principal =
        account::Principal::of_device(tenant(), account::Owner(request.code), request.device);
    signed_up.grant = request.code;
    co_return signed_up;
  }
  Answer<account::Checked> check(account::Check request) override {
    if (is_away) co_return account::AuthorizationError::unavailable;
    if (request.token == "bad") co_return account::AuthorizationError::refused;
    const account::Owner owner(request.token);
    account::Checked checked;
    checked.principal = request.device ? account::Principal::of_device(tenant(), owner, *request.device)
                                       : account::Principal::user(tenant(), owner);
    co_return checked;
  }
  Answer<account::Tokens> refresh(account::Refresh) override {
    co_return account::AuthorizationError::refused;
  }
  Answer<void> sign_off(account::Tenant, DeviceId, account::Owner, Time) override {
    co_return Result<void>();
  }
  Answer<account::Access> access(account::Principal principal, Time now) override {
    using account::Right;
    account::Access access;
    access.on_owned = Right::read | Right::control | Right::host | Right::manage;
    access.principal = std::move(principal);
    access.as_of = now;
    co_return access;
  }
  Subscription on_change(Listener) override { return nullptr; }

 private:
  static account::Tenant tenant() { return account::Tenant("default"); }
};

class HubForTests : public ::testing::Test {
 protected:
  HubForTests() : cloud(parts()), api(cloud, limits) { EXPECT_TRUE(run(context, cloud.start())); }
  ~HubForTests() override {
    for (auto& device : devices)
      run(context, cloud.disconnect(device->session, device::Disconnection::closed));
    run(context, cloud.stop());
    context.restart();
    context.poll();
  }

  // A signed-in device that publishes its links and, unless told otherwise, answers every request at once
  // with `status` and `content`.
  class Device final : public cloud::Channel {
   public:
    Device(HubForTests& hub, DeviceId id_) : id(id_), hub_(hub) {}

    void offer(cloud::Dispatch dispatch) override {
      offered.push_back(dispatch);
      cloud::Confirmation confirmation;
      confirmation.correlation = dispatch.correlation;
      confirmation.href = dispatch.href;
      confirmation.status = status;
      confirmation.content = content;
      confirmation.sequence = ++sequence_;
      boost::asio::co_spawn(
          hub_.context, hub_.cloud.confirm(session, std::move(confirmation)),
          [](std::exception_ptr, const Result<void>& done) { EXPECT_TRUE(done) << done.error().message(); });
    }
    Asked asked(const es::CorrelationId&) const override { return Asked::awaited; }
    void forget_unpublished() override {}
    void begin_protocol_log() override {}
    void close(device::Disconnection) override {}

    void notify(std::string_view href, resource::Content value, Bytes etag = {}) {
      cloud::Notification notification;
      notification.href = Href(std::string(href));
      notification.content = std::move(value);
      notification.etag = std::move(etag);
      notification.sequence = ++sequence_;
      EXPECT_TRUE(run(hub_.context, hub_.cloud.notify(session, std::move(notification))));
    }
    void disconnect() { run(hub_.context, hub_.cloud.disconnect(session, device::Disconnection::closed)); }

    DeviceId id;
    cloud::DeviceSession session;
    std::vector<cloud::Dispatch> offered;
    resource::Status status = resource::Status::changed;
    resource::Content content;

   private:
    HubForTests& hub_;
    std::uint64_t sequence_ = 0;
  };

  static Link link(std::string href) {
    Link made;
    made.href = Href(std::move(href));
    made.resource_types = {"oic.r.switch.binary"};
    made.interfaces = {"oic.if.a", "oic.if.baseline"};
    made.policy = policy::discoverable | policy::observable;
    return made;
  }
  static resource::Content cbor(std::string_view hex) {
    resource::Content made;
    made.format = 10000;
    made.bytes = share(*from_hex(hex));
    return made;
  }

  Device& add_device(std::string owner, std::vector<Link> links) {
    const auto id = DeviceId::parse("028acc3a-d1a5-4246-79cd-00000000000" + std::to_string(devices.size()));
    devices.push_back(std::make_unique<Device>(*this, *id));
    Device& device = *devices.back();
    EXPECT_TRUE(run(context, cloud.sign_up(account::SignUp(*id, owner, now))));
    auto session = run(context, cloud.sign_in(cloud::SignIn(*id, owner), device));
    EXPECT_TRUE(session);
    device.session = *session;
    EXPECT_TRUE(run(context, cloud.publish(device.session, std::move(links), "Lamp")));
    return device;
  }

  static Request request(std::string method, std::string target, std::string token = "alice") {
    Request made(std::move(method), std::move(target));
    made.fields.push_back({"Authorization", "Bearer " + std::move(token)});
    return made;
  }
  Response answer(Request asked) { return run(context, api.answer(std::move(asked))); }
  Response get(std::string target, std::string token = "alice") {
    return answer(request("GET", std::move(target), std::move(token)));
  }
  Response put(std::string target, std::string json) {
    Request asked = request("PUT", std::move(target));
    asked.fields.push_back({"Content-Type", "application/json"});
    asked.body = std::move(json);
    return answer(std::move(asked));
  }

  cloud::Cloud::Parts parts() {
    return {store, bus, authorization, limits, [this] { return now; }, "gateway-1"};
  }

  boost::asio::io_context context;
  Limits limits;
  Time now{std::chrono::milliseconds(1'795'377'592'123)};  // 2026-11-22T19:59:52.123Z
  bus_local::LocalEventBus bus;
  store_memory::MemoryEventStore memory{2};
  es::AnnouncingStore store{memory, bus};
  FakeAuthorization authorization;
  cloud::Cloud cloud;
  Api api;
  std::vector<std::unique_ptr<Device>> devices;
};

}  // namespace ocf::http
