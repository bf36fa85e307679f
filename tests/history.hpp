// A scripted log for tests of read models: events as a store would have recorded them, in one partition, a
// second apart.
#pragma once

#include "tests/given.hpp"

#include <map>
#include <vector>

namespace ocf::testing {

class History {
 public:
  // The record of an event that is appended to its stream.
  template <es::Decider D>
  es::RecordedEvent append(const es::StreamId& stream, const typename D::Event& event,
                           es::Spoken spoken = {}) {
    es::RecordedEvent next = recorded<D>(event, stream, ++versions_[stream.text()], spoken);
    next.position = {0, ++offset_};
    next.event.time = time_of(offset_);
    return next;
  }

  // When the event with this offset was recorded.
  static Time time_of(es::Offset offset) { return Time(std::chrono::seconds(offset)); }
  es::Offset last() const { return offset_; }

 private:
  std::map<std::string, es::Version> versions_;
  es::Offset offset_ = 0;
};

}  // namespace ocf::testing
