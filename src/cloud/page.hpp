// How many events one answer has.
#pragma once

#include "es/event.hpp"

#include <cstddef>

namespace ocf::cloud {

// Counts the events of an answer as they come and go. The bound of their bytes is one of memory: each of
// thousands of readers may be slow to take its answer, and JSON is several times as long.
class Page {
 public:
  static constexpr std::size_t events_max = 1000;
  static constexpr std::size_t bytes_max = 1024 * 1024;  // of the events' data

  // At least one event has a place.
  bool has_room_for(const es::RecordedEvent& recorded) const {
    return events_ == 0 || (events_ < events_max && bytes_ + recorded.event.data.size() <= bytes_max);
  }
  void add(const es::RecordedEvent& recorded) {
    ++events_;
    bytes_ += recorded.event.data.size();
  }
  void remove(const es::RecordedEvent& recorded) {
    --events_;
    bytes_ -= recorded.event.data.size();
  }

 private:
  std::size_t events_ = 0, bytes_ = 0;
};

}  // namespace ocf::cloud
