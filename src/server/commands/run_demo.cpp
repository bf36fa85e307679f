#include "base/random.hpp"
#include "server/commands/demo.hpp"
#include "server/wiring.hpp"
#include "sim/demo.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <optional>

namespace ocf::server {
namespace {

// Any free port: the demonstration disturbs nothing, and nothing disturbs it.
Config demo_config(const DemoOptions& options) {
  Config config;
  config.data = options.data;
  config.listeners.coap_tls = Address{"127.0.0.1", 0};
  config.listeners.http = Address{"127.0.0.1", 0};
  config.listeners.admin = Address{"127.0.0.1", 0};
  return config;
}

void say(std::string_view line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

// The same device each time that the demonstration runs in a folder.
DeviceId device_of(const std::filesystem::path& data) {
  const auto file = data / "demo-device";
  std::string text;
  if (std::ifstream(file) >> text) {
    if (const auto known = DeviceId::parse(text)) return *known;
  }
  text = random_uuid();
  std::ofstream(file) << text << '\n';
  return DeviceId::parse(text).value();
}

std::string text_of(const boost::json::object& answer, const char* name) {
  const auto* value = answer.if_contains(name);
  if (value == nullptr) throw std::runtime_error(fmt::format("the hub did not give the device its {}", name));
  return std::string(value->as_string());
}

// The simulated light on a thread of its own, as it would be on a machine of its own.
class DemoDevice {
 public:
  explicit DemoDevice(DeviceId device) : device_(device), shard_("demo light") { shard_.start(); }
  ~DemoDevice() {
    if (light_) boost::asio::co_spawn(shard_.context(), light_->stop(), boost::asio::use_future).wait();
    shard_.stop();
    shard_.join();
  }

  // On the hub's shard: what a person with an onboarding tool does.
  net::awaitable<void> onboard(Hub& hub) {
    boost::json::object code_request{{"verb", "onboard"}, {"owner", "admin"}};
    const auto onboarding = co_await hub.requests().answer(std::move(code_request));
    boost::json::object certificate_request{{"verb", "pki_device"}, {"di", device_.text()}};
    const auto credential = co_await hub.requests().answer(std::move(certificate_request));

    sim::DeviceSettings settings;
    settings.device = device_;
    settings.server = text_of(onboarding, "cis");
    settings.server_id = text_of(onboarding, "sid");
    settings.code = text_of(onboarding, "code");
    settings.provider = text_of(onboarding, "authprovider");
    net::TlsClientConfig tls;
    tls.certificate_chain = text_of(credential, "certificate");
    tls.private_key = text_of(credential, "private_key");
    tls.ca_pool = {text_of(onboarding, "ca")};
    tls.version_max = net::TlsVersion::tls_1_2;  // as real devices
    auto context = net::TlsClientContext::create(tls);
    if (!context)
      throw std::runtime_error("the device's certificate cannot be used: " + context.error().message());
    shard_.post([this, settings = std::move(settings), context = std::move(*context)] {
      light_.emplace(shard_, settings, context, say);
      light_->start();
    });
  }

 private:
  const DeviceId device_;
  net::Shard shard_;
  std::optional<sim::DemoLight> light_;
};

net::awaitable<void> start_device(DemoDevice& device, Hub& hub) {
  try {
    co_await device.onboard(hub);
  } catch (const std::exception& failure) {
    say(fmt::format("The demonstration cannot go on: {}", failure.what()));
    hub.stop();
  }
}

}  // namespace

Exit run_demo(const DemoOptions& options) {
  Hub hub(demo_config(options), stderr_log(LogConfig()));
  DemoDevice device(device_of(options.data));
  hub.run([&] {
    say(
        fmt::format("The hub runs on loopback, in {}. In another terminal:\n"
                    "  {} devices --data {}\n"
                    "Ctrl-C stops it.",
                    options.data.string(), std::filesystem::read_symlink("/proc/self/exe").string(),
                    options.data.string()));
    hub.shard().spawn(start_device(device, hub));
  });
  return Exit::ok;
}

}  // namespace ocf::server
