#include "neighbours.hpp"

#include <algorithm>
#include <future>

namespace ocf::misbehaving {

using coap::Code;
using std::chrono::steady_clock;

namespace {

// From one request to the next, of all clients together.
constexpr std::chrono::milliseconds pace{1};

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// Runs on the shard and is waited for.
template <class Work>
void on_shard(net::Shard& shard, Work work) {
  std::promise<void> done;
  shard.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

net::awaitable<void> stop_all(const std::vector<std::unique_ptr<sim::Device>>& devices,
                              std::promise<void>& done) {
  for (const auto& device : devices) co_await device->stop();
  done.set_value();
}

}  // namespace

Neighbours::Neighbours(const HubProcess& hub, std::size_t devices, std::size_t clients) {
  for (std::size_t i = 0; i < devices; ++i) {
    const Onboarding onboarding = hub.onboard();
    sim::DeviceSettings settings;
    settings.device = DeviceId::parse(new_device_id()).value();
    settings.name = "neighbour";
    settings.server = "coap+tcp://127.0.0.1:" + std::to_string(hub.tcp_port());
    settings.code = onboarding.code;
    settings.provider = onboarding.provider;
    settings.pace.first_pause = std::chrono::milliseconds(100);
    paths_.push_back("/oic/route/" + settings.device.text() + "/light/1");
    devices_.push_back(std::make_unique<sim::Device>(shard_, std::move(settings), sim::by_network(shard_)));
  }
  shard_.start();
  on_shard(shard_, [this] {
    for (const auto& device : devices_) device->start();
  });
  for (std::size_t ready = 0; ready < devices;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    on_shard(shard_, [&] {
      ready =
          static_cast<std::size_t>(std::count_if(devices_.begin(), devices_.end(), [](const auto& device) {
            return device->counters().requests_answered > 0;  // the batch of all that it published
          }));
    });
  }
  for (std::size_t i = 0; i < clients; ++i) {
    clients_.emplace_back(hub.tcp_port());
    if (!clients_.back().sign_up_and_in(new_device_id(), hub.onboard()))
      give_up("a neighbour cannot sign in");
  }
  measuring_ = std::thread([this] { measure(); });
}

Neighbours::~Neighbours() {
  ending_ = true;
  measuring_.join();
  std::promise<void> stopped;
  shard_.post([&] { shard_.spawn(stop_all(devices_, stopped)); });
  stopped.get_future().wait();
  shard_.stop();
  shard_.join();
}

std::string Neighbours::light_path() const { return paths_.front(); }

// Requests go out at their times whether or not the one before was answered in time, and an answer is as late
// as it comes after that time: a hub that stands still for a moment delays every request of that moment.
void Neighbours::measure() {
  std::vector<double> latencies;
  auto due = steady_clock::now();
  auto window_end = due + window;
  for (std::size_t turn = 0; !ending_; ++turn) {
    due += pace;
    std::this_thread::sleep_until(due);
    Peer& client = clients_[turn % clients_.size()];
    const auto answer = client.ask(request(Code::get, paths_[turn % paths_.size()], turn + 1));
    const auto now = steady_clock::now();
    latencies.push_back(std::chrono::duration<double, std::micro>(now - due).count());
    if (!answer || answer->code != Code::content) {
      const std::lock_guard lock(mutex_);
      complaint_ = "a neighbour got " + (answer ? coap::to_text(answer->code) : "no answer");
    }
    if (now < window_end) continue;
    const std::lock_guard lock(mutex_);
    p99_.push_back(percentile(std::exchange(latencies, {}), 0.99));
    window_end = now + window;
  }
}

std::size_t Neighbours::windows() const {
  const std::lock_guard lock(mutex_);
  return p99_.size();
}

void Neighbours::await_windows(std::size_t count) const {
  while (windows() < count) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

double Neighbours::p99_of(std::size_t first, std::size_t end) const {
  const std::lock_guard lock(mutex_);
  std::vector<double> wanted;
  for (std::size_t i = first; i < std::min(end, p99_.size()); ++i) wanted.push_back(p99_[i]);
  return percentile(std::move(wanted), 0.5);
}

std::string Neighbours::complaint() {
  {
    const std::lock_guard lock(mutex_);
    if (!complaint_.empty()) return complaint_;
  }
  std::string found;
  on_shard(shard_, [&] {
    for (const auto& device : devices_) {
      if (device->counters().connections != 1 || !device->is_signed_in())
        found = "a neighbour lost its connection";
    }
  });
  return found;
}

}  // namespace ocf::misbehaving
