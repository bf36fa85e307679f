#include "cloud/refusals.hpp"

#include "base/printable.hpp"
#include "cloud/cloud.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace ocf::cloud {
namespace {

// "192.0.2.7" of "192.0.2.7:40112", "::1" of "[::1]:40112".
std::string address_of(std::string_view peer) {
  std::string_view address = peer.substr(0, peer.rfind(':'));
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

// Of refusals that are alike so many are logged one by one, then each power of ten: a peer that is refused in
// a loop does not fill the disk. How often it was, `ocf-cloud why` says.
constexpr std::uint64_t logged_each = 10;

bool is_logged(std::uint64_t count) {
  if (count <= logged_each) return true;
  while (count % 10 == 0) count /= 10;
  return count == 1;
}

}  // namespace

device::Refusal Refusals::record(device::Refusal refusal) {
  refusal.reason = printable(refusal.reason, limits_.refusal_text_bytes_max);
  if (refusal.reason.size() > limits_.refusal_text_bytes_max)
    refusal.reason.resize(limits_.refusal_text_bytes_max);
  refusal.count = 1;
  refusal.since = refusal.time;
  auto record = alike(refusal);
  if (record) {
    refusal.count = record->refusal.count + 1;
    refusal.since = record->refusal.since;
    record->number = ++count_;
    record->refusal = std::move(refusal);
  } else {
    record = std::make_shared<Record>(Record{++count_, std::move(refusal)});
  }
  keep(address_of(record->refusal.peer), record);
  if (record->refusal.device) keep(record->refusal.device->text(), record);
  return record->refusal;
}

std::shared_ptr<Refusals::Record> Refusals::alike(const device::Refusal& refusal) const {
  const auto is_alike = [&refusal](const std::shared_ptr<Record>& record) {
    const device::Refusal& old = record->refusal;
    return record->counts_on && old.fault == refusal.fault && old.device == refusal.device &&
           old.principal == refusal.principal && (old.reason == refusal.reason || !refusal.device) &&
           address_of(old.peer) == address_of(refusal.peer);
  };
  // A device's own places are not taken by others behind the same address.
  for (const std::string& name :
       {refusal.device ? refusal.device->text() : std::string(), address_of(refusal.peer)}) {
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) continue;
    const auto& records = known->second->records;
    const auto found = std::find_if(records.begin(), records.end(), is_alike);
    if (found != records.end()) return *found;
  }
  return nullptr;
}

void Refusals::count_anew(const DeviceId& device) {
  const auto known = by_name_.find(device.text());
  if (known == by_name_.end()) return;
  for (const auto& record : known->second->records) record->counts_on = false;
}

void Refusals::keep(std::string name, const std::shared_ptr<Record>& record) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) {
    subjects_.splice(subjects_.begin(), subjects_, known->second);
  } else {
    subjects_.push_front({name, {}});
    by_name_.emplace(std::move(name), subjects_.begin());
  }
  auto& records = subjects_.front().records;
  std::erase(records, record);
  records.push_front(record);
  if (records.size() > limits_.refusals_per_subject_max) records.pop_back();
  if (subjects_.size() > limits_.refusal_subjects_max) {
    by_name_.erase(subjects_.back().name);
    subjects_.pop_back();
  }
}

std::vector<device::Refusal> Refusals::of(const std::string& name) const {
  std::vector<device::Refusal> found;
  const auto known = by_name_.find(name);
  if (known == by_name_.end()) return found;
  for (const auto& record : known->second->records) found.push_back(record->refusal);
  return found;
}

std::vector<device::Refusal> Refusals::latest(std::size_t count_max) const {
  std::map<std::uint64_t, const Record*, std::greater<>> newest;
  for (const Subject& subject : subjects_) {
    for (const auto& record : subject.records) newest.emplace(record->number, record.get());
  }
  std::vector<device::Refusal> found;
  for (const auto& [number, record] : newest) {
    if (found.size() == count_max) break;
    found.push_back(record->refusal);
  }
  return found;
}

// -- As the faces tell of them

void Cloud::note(device::Refusal refusal) {
  metrics_.refusals.add(device::name_of(refusal.fault.stage), device::name_of(refusal.fault.cause));
  const device::Refusal kept = refusals_.record(std::move(refusal));
  if (!is_logged(kept.count) || !parts_.log) return;
  const std::string times = kept.count > logged_each ? " (" + std::to_string(kept.count) + " times)" : "";
  telemetry::LogLine line(telemetry::Level::warn, "refused", kept.reason + times);
  line.peer = kept.peer;
  if (kept.device) line.device = kept.device->text();
  line.stage = device::name_of(kept.fault.stage);
  line.cause = device::name_of(kept.fault.cause);
  line.limit = kept.limit;
  parts_.log(line);
}

}  // namespace ocf::cloud
