// Refusals: what was refused lately, by device and by address, for whoever asks why.
#pragma once

#include "base/limits.hpp"
#include "device/refusal.hpp"

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ocf::cloud {

// In memory only: a restart forgets. Lives on the cloud's shard; the limits outlive it. Costs at most
// refusal_subjects_max × refusals_per_subject_max reasons.
class Refusals {
 public:
  explicit Refusals(const Limits& limits) : limits_(limits) {}

  // Keeps it for its device and its address, and forgets the oldest above the limits. What is remembered and
  // was refused once more (the same stage, cause, device, user, address and, of a device, reason) counts up
  // instead: who tries again and again does not fill its places, a stranger not by what he asks for. The
  // newest reason is made one printable line, cut, and kept; what is kept is returned, to be logged.
  device::Refusal record(device::Refusal refusal);
  // What this device is refused from now on is counted anew: it begins another registration, whose owner must
  // not learn of the time before.
  void count_anew(const DeviceId& device);

  // All newest first.
  std::vector<device::Refusal> of_device(const DeviceId& device) const { return of(device.text()); }
  // "192.0.2.7", "::1": without a port.
  std::vector<device::Refusal> of_address(std::string_view address) const { return of(std::string(address)); }
  // Of anybody.
  std::vector<device::Refusal> latest(std::size_t count_max) const;

 private:
  struct Record {
    std::uint64_t number;  // counts all
    device::Refusal refusal;
    bool counts_on = true;  // the next one of the kind is counted here
  };
  struct Subject {
    std::string name;                            // a device id or an address
    std::list<std::shared_ptr<Record>> records;  // newest first
  };
  using Subjects = std::list<Subject>;  // refused last first

  // One of the same kind that is remembered, to count on; null: there is none.
  std::shared_ptr<Record> alike(const device::Refusal& refusal) const;
  // Puts it first of its subject, where it may stand already, and its subject first of all.
  void keep(std::string name, const std::shared_ptr<Record>& record);
  std::vector<device::Refusal> of(const std::string& name) const;

  const Limits& limits_;
  std::uint64_t count_ = 0;
  Subjects subjects_;
  std::unordered_map<std::string, Subjects::iterator> by_name_;
};

}  // namespace ocf::cloud
