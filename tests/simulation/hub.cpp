#include "tests/simulation/hub.hpp"

#include <map>
#include <set>
#include <utility>

namespace ocf::simulation {
namespace {

// Lets everybody read the devices of everybody, or only of who owned them once.
class ShowsTooMuch final : public account::Authorization {
 public:
  ShowsTooMuch(account::Authorization& authorization, cloud::Cloud& cloud, Defect defect)
      : authorization_(authorization), cloud_(cloud), defect_(defect) {}

  account::awaitable<Result<account::SignedUp>> sign_up(account::SignUp request) override {
    return authorization_.sign_up(std::move(request));
  }
  account::awaitable<Result<account::Checked>> check(account::Check request) override {
    return authorization_.check(std::move(request));
  }
  account::awaitable<Result<account::Tokens>> refresh(account::Refresh request) override {
    return authorization_.refresh(std::move(request));
  }
  account::awaitable<Result<void>> sign_off(account::Tenant of, DeviceId device, account::Owner owner,
                                            Time now) override {
    return authorization_.sign_off(std::move(of), device, std::move(owner), now);
  }
  account::awaitable<Result<account::Access>> access(account::Principal principal, Time now) override {
    auto access = co_await authorization_.access(std::move(principal), now);
    if (!access) co_return access;
    std::set<DeviceId>& shown = shown_[access->principal.owner.text()];
    for (const directory::Directory::Session& entry : cloud_.read_models().directory.online()) {
      if (defect_ == Defect::shows_everything || entry.owner == access->principal.owner)
        shown.insert(entry.key.device);
    }
    for (const DeviceId& device : shown) {
      account::Access::Grant grant;
      grant.device = device;
      grant.rights = static_cast<account::Rights>(account::Right::read);
      access->grants.push_back(grant);
    }
    co_return access;
  }
  Subscription on_change(Listener listener) override { return authorization_.on_change(std::move(listener)); }

 private:
  account::Authorization& authorization_;
  cloud::Cloud& cloud_;
  const Defect defect_;
  std::map<std::string, std::set<DeviceId>> shown_;  // by owner
};

std::unique_ptr<account::Authorization> broken(account::Authorization& authorization, cloud::Cloud& cloud,
                                               Defect defect) {
  if (defect != Defect::shows_everything && defect != Defect::knows_former_owners) return nullptr;
  return std::make_unique<ShowsTooMuch>(authorization, cloud, defect);
}

Store::Parts with_announcement(Store::Parts parts, es::EventBus& bus) {
  parts.announce_too_early = [&bus](const es::EventBatch& batch) { bus.publish(batch); };
  return parts;
}

}  // namespace

Hub::Hub(World& world, Network& network, const Limits& limits, Store::Parts store,
         const std::filesystem::path& signing_key)
    : world_(world),
      network_(network),
      store_(with_announcement(store, bus_)),
      announcing_(store_, bus_),
      authorization_(announcing_, {}, auth_builtin::SigningKey::load_or_create(signing_key)),
      clock_([this](std::chrono::milliseconds) { world_.say("hub", "the clock was set back"); }),
      broken_authorization_(broken(authorization_, cloud_, store.defect)),
      cloud_({announcing_, bus_, broken_authorization_ ? *broken_authorization_ : authorization_, limits,
              [this] { return clock_.now(); }, "hub"}),
      gateway_(world.shard(), cloud_, limits, [this](std::string_view level, std::string_view line) {
        if (!dead_) world_.say("hub", std::string(level) + ' ' + std::string(line));
      }) {
  gateway_.advertise_tcp("10.0.0.1:5683");
}

awaitable<bool> Hub::start() {
  const auto opened = co_await store_.open();
  if (!opened) {
    world_.fail("what the disk holds is no log: " + opened.error().message());
    co_return false;
  }
  const auto started = co_await cloud_.start();
  if (dead_) co_return false;
  if (!started) {
    world_.say("hub", "cannot start: " + started.error().message());
    co_return false;
  }
  network_.listen([this](std::unique_ptr<net::Stream> stream) { gateway_.serve(std::move(stream)); });
  world_.say("hub", "serves");
  co_return true;
}

awaitable<void> Hub::stop() {
  if (!dead_) network_.listen(nullptr);
  callers_.close();
  co_await gateway_.stop();
  co_await cloud_.stop();
  co_await callers_.left();
  while (!store_.is_idle()) co_await world_.sleep(Pause(1000));
}

void Hub::die(Network::Death death) {
  dead_ = true;
  network_.hub_dies(death);
  store_.die();
}

account::awaitable<Result<std::string>> Hub::issue_code(const std::string& owner) {
  return authorization_.issue_code(tenant(), account::Owner(owner), clock_.now());
}

awaitable<Result<cloud::Caller>> Hub::user(const std::string& owner) {
  return cloud_.authenticate(
      authorization_.issue_user_token(tenant(), account::Owner(owner), std::chrono::hours(24), clock_.now()));
}

}  // namespace ocf::simulation
