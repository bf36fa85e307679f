// The well-behaved neighbours: simulated devices, and clients that read their lights at a steady pace. How
// long an answer takes them is what misbehaviour must not change.
#pragma once

#include "hub_process.hpp"
#include "net/shard.hpp"
#include "peer.hpp"
#include "sim/device.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ocf::misbehaving {

// Devices live on a shard of their own, clients on a thread of their own; the functions are called from a
// third.
class Neighbours {
 public:
  static constexpr std::chrono::milliseconds window{250};

  // Returns when all of them are signed in and were asked for everything.
  Neighbours(const HubProcess& hub, std::size_t devices, std::size_t clients);
  ~Neighbours();

  // The path by which the hub routes to the first one's light.
  std::string light_path() const;

  // How many windows are measured so far.
  std::size_t windows() const;
  // Waits until there are so many.
  void await_windows(std::size_t count) const;
  // The median of the 99th percentiles of these windows, in microseconds.
  double p99_of(std::size_t first, std::size_t end) const;
  // Empty: all is well. Otherwise who lost its connection, or which answer was wrong.
  std::string complaint();

 private:
  void measure();

  net::Shard shard_{"neighbours"};
  std::vector<std::unique_ptr<sim::Device>> devices_;
  std::vector<std::string> paths_;
  std::vector<Peer> clients_;
  std::atomic<bool> ending_ = false;
  mutable std::mutex mutex_;  // of the next two
  std::vector<double> p99_;
  std::string complaint_;
  std::thread measuring_;
};

}  // namespace ocf::misbehaving
