// The device of `ocf-cloud demo`: a light whose power changes by itself, and which tells what happens to it.
#pragma once

#include "net/shard.hpp"
#include "net/tls_context.hpp"
#include "sim/device.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace ocf::sim {

// Lives on its shard, which outlives it; every function is called there. Await stop() before it is destroyed.
class DemoLight {
 public:
  // Gets one plain sentence at a time, without a line end.
  using Print = std::function<void(std::string_view line)>;

  // `settings` say who it is and where its cloud is; its name becomes "Demo light".
  DemoLight(net::Shard& shard, DeviceSettings settings, std::shared_ptr<const net::TlsClientContext> tls,
            Print print, std::chrono::milliseconds period = std::chrono::seconds(5));

  void start();
  net::awaitable<void> stop();

  const Device& device() const { return device_; }

 private:
  void change(SteadyTime now);

  const Print print_;
  const std::chrono::milliseconds period_;
  Device device_;
  net::Timer timer_;
  std::int64_t power_ = 0;
};

}  // namespace ocf::sim
