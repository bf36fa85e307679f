// A simulated device (sim/) with the defects of real ones, against any address: signs up, signs in,
// publishes, and waits until it was asked for everything that it published, which the hub does in one batch.
//
//   sim_device [--well-behaved] URI DI PROVIDER CODE SECONDS [CERTIFICATE KEY CA]
//
// URI is "coap+tcp://ADDRESS:PORT", or with the three PEM files "coaps+tcp://ADDRESS:PORT"; --well-behaved
// leaves the defects off. Prints what happens, a sentence a line. 0: it was asked for everything; 1: not
// within the time, and what is missing.
#include "net/shard.hpp"
#include "net/tls_context.hpp"
#include "sim/device.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ocf::sim {
namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void say(std::string_view sentence) {
  std::printf("%.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::fflush(stdout);
}

// Lives on its shard, which ends with it.
class Trial {
 public:
  Trial(net::Shard& shard, DeviceSettings settings, std::shared_ptr<const net::TlsClientContext> tls,
        std::chrono::seconds patience)
      : shard_(shard),
        end_(net::steady_now() + patience),
        device_(shard, std::move(settings), by_network(shard, std::move(tls)), say),
        timer_(shard.timers(), [this](SteadyTime now) { look(now); }) {}

  void start() {
    device_.start();
    timer_.schedule(net::steady_now());
  }

  bool passed() const { return missing().empty(); }

 private:
  std::string missing() const {
    const Counters& counters = device_.counters();
    if (!counters.closes.empty()) return "closed: " + counters.closes.front();
    if (counters.sign_ups == 0) return "no answer to the sign-up";
    if (counters.sign_ins == 0) return "no answer to the sign-in";
    if (counters.publications == 0) return "no answer to the publication";
    if (counters.requests_answered == 0) return "not asked for what it published";
    return {};
  }

  void look(SteadyTime now) {
    if (!passed() && !device_.is_stopped() && device_.counters().closes.empty() && now < end_)
      return timer_.schedule(now + std::chrono::milliseconds(50));
    say(passed() ? "asked for everything" : missing());
    const auto finish = [](Trial& self) -> net::awaitable<void> {
      co_await self.device_.stop();
      self.shard_.stop();
    };
    shard_.spawn(finish(*this));
  }

  net::Shard& shard_;
  const SteadyTime end_;
  Device device_;
  net::Timer timer_;
};

int try_it(const std::vector<std::string>& arguments, bool well_behaved) {
  DeviceSettings settings;
  settings.server = arguments[0];
  const auto device = DeviceId::parse(arguments[1]);
  if (!device) return 2;
  settings.device = *device;
  settings.provider = arguments[2];
  settings.code = arguments[3];
  settings.pace.first_pause = std::chrono::milliseconds(200);
  if (well_behaved) settings.defects = Defects{false, false, false, false, false};

  std::shared_ptr<const net::TlsClientContext> tls;
  if (arguments.size() == 8) {
    net::TlsClientConfig config;
    config.certificate_chain = contents_of(arguments[5]);
    config.private_key = contents_of(arguments[6]);
    config.ca_pool = {contents_of(arguments[7])};
    config.version_max = net::TlsVersion::tls_1_2;
    auto context = net::TlsClientContext::create(config);
    if (!context) {
      say("no TLS: " + context.error().message());
      return 2;
    }
    tls = *context;
  }
  net::Shard shard("device");
  Trial trial(shard, std::move(settings), std::move(tls), std::chrono::seconds(std::stoul(arguments[4])));
  trial.start();
  shard.run();
  return trial.passed() ? 0 : 1;
}

}  // namespace
}  // namespace ocf::sim

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool well_behaved = std::erase(arguments, "--well-behaved") != 0;
  if (arguments.size() != 5 && arguments.size() != 8) {
    std::fputs("usage: sim_device [--well-behaved] URI DI PROVIDER CODE SECONDS [CERTIFICATE KEY CA]\n",
               stderr);
    return 2;
  }
  return ocf::sim::try_it(arguments, well_behaved);
}
