#include "sim/demo.hpp"

#include <string>
#include <utility>

namespace ocf::sim {
namespace {

constexpr std::string_view name = "Demo light";
// Coprime to 101, so that every percentage comes once.
constexpr std::int64_t power_step = 7;

DeviceSettings renamed(DeviceSettings settings) {
  settings.name = name;
  return settings;
}

}  // namespace

DemoLight::DemoLight(net::Shard& shard, DeviceSettings settings,
                     std::shared_ptr<const net::TlsClientContext> tls, Print print,
                     std::chrono::milliseconds period)
    : print_(std::move(print)),
      period_(period),
      device_(shard, renamed(std::move(settings)), by_network(shard, std::move(tls)),
              [this](std::string_view sentence) {
                print_(std::string(name) + ": " + std::string(sentence) + '.');
              }),
      timer_(shard.timers(), [this](SteadyTime now) { change(now); }) {}

void DemoLight::start() {
  device_.start();
  timer_.schedule(net::steady_now() + period_);
}

net::awaitable<void> DemoLight::stop() {
  timer_.cancel();
  return device_.stop();
}

void DemoLight::change(SteadyTime now) {
  timer_.schedule(now + period_);
  if (!device_.is_signed_in()) return;
  power_ = (power_ + power_step) % 101;
  device_.set_property("/light/1", "power", power_);
  print_(std::string(name) + ": its power is now " + std::to_string(power_) + " %.");
}

}  // namespace ocf::sim
