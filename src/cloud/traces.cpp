#include "cloud/traces.hpp"

#include "net/clock.hpp"

#include <algorithm>

namespace ocf::cloud {
namespace {

// So that both messages of a command fit into limits.trace_bytes_max.
constexpr std::size_t message_bytes_max = 2 * 1024;

std::size_t bytes_of(const Hop& hop) {
  return sizeof(Hop) + hop.what.size() + hop.type.size() + hop.stream.size() + hop.message.size() +
         hop.bytes.size();
}

}  // namespace

std::string_view name_of(Hop::Place place) {
  switch (place) {
    case Hop::Place::caller: return "caller";
    case Hop::Place::log: return "log";
    case Hop::Place::device: return "device";
  }
  return "unknown";
}

void Traces::begin(Trace trace, Time now) {
  trace.begun = now;
  trace.begun_steady = net::steady_now();
  traces_.push_back(std::move(trace));
  by_correlation_.insert_or_assign(traces_.back().correlation, std::prev(traces_.end()));
  while (traces_.size() > limits_.traces_max) {
    by_correlation_.erase(traces_.front().correlation);
    traces_.pop_front();
  }
}

void Traces::note(const es::CorrelationId& correlation, Hop hop) {
  const auto found = by_correlation_.find(correlation);
  if (found == by_correlation_.end()) return;
  Trace& trace = *found->second;
  const std::size_t bytes = bytes_of(hop);
  // From the first that is left out on all are: a trace has no holes.
  if (trace.hops_left_out > 0 || trace.bytes + bytes > limits_.trace_bytes_max) {
    ++trace.hops_left_out;
    return hits_.hit("trace_bytes_max");
  }
  trace.bytes += bytes;
  hop.after = std::chrono::duration_cast<std::chrono::microseconds>(net::steady_now() - trace.begun_steady);
  trace.hops.push_back(std::move(hop));
}

const Trace* Traces::find(const es::CorrelationId& correlation) const {
  const auto found = by_correlation_.find(correlation);
  return found == by_correlation_.end() ? nullptr : &*found->second;
}

Hop message_hop(std::string what, std::string message, ByteView bytes) {
  Hop hop(Hop::Place::device, std::move(what));
  hop.message = std::move(message);
  hop.bytes = copy_of(bytes.first(std::min(bytes.size(), message_bytes_max)));
  hop.bytes_all = bytes.size();
  return hop;
}

Hop stored_hop(const es::RecordedEvent& recorded) {
  Hop hop(Hop::Place::log, recorded.event.type + " is stored, version " + std::to_string(recorded.version) +
                               " of " + std::string(recorded.stream.name()) + " at " +
                               std::to_string(recorded.position.partition) + '/' +
                               std::to_string(recorded.position.offset));
  hop.type = recorded.event.type;
  hop.stream = recorded.stream.name();
  hop.version = recorded.version;
  hop.position = recorded.position;
  return hop;
}

}  // namespace ocf::cloud
