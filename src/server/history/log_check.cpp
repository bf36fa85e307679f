#include "server/history/log_check.hpp"

#include "account/holder.hpp"
#include "device/device.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace ocf::server {
namespace {

constexpr std::size_t page = 1000;

template <class Aggregate>
Readable readable_by(const es::RecordedEvent& recorded) {
  const auto event = Aggregate::decode(recorded);
  if (!event) return Readable::damaged;
  return *event ? Readable::yes : Readable::of_newer_release;
}

// What is known of a stream: from which version on it is kept, and where it ends.
struct Extent {
  es::Version first = 0;
  es::Version last = 0;
  es::Version indexed = 0;  // the last one that the index has to know; 0: none
};

class Check {
 public:
  explicit Check(LogSource& log) : log_(log) {}

  LogCheck run() {
    for (es::Partition partition = 0; partition < log_.partitions() && !found_.damage; ++partition)
      read(partition);
    found_.streams = streams_.size();
    for (const auto& [stream, extent] : streams_) {
      if (extent.first > 1) ++found_.trimmed;
    }
    for (auto stream = streams_.begin(); stream != streams_.end() && !found_.damage; ++stream)
      read_index(stream->first, stream->second);
    return std::move(found_);
  }

 private:
  void read(es::Partition partition) {
    const es::Offset end = log_.end().next[partition];
    std::size_t limit = page;
    for (es::Offset next = 1; next < end && !found_.damage;) {
      const auto slice = log_.read_partition(partition, next, limit);
      if (!slice && limit > 1) {
        limit = 1;  // one after the other, to find the one
        continue;
      }
      if (!slice) return damaged({partition, next}, "", 0, after_last(explained(log_, slice.error())));
      for (const es::RecordedEvent& recorded : *slice->events) {
        if (recorded.position.offset >= end || found_.damage) return;
        look_at(recorded, partition, next);
        next = recorded.position.offset + 1;
      }
      if (slice->events->empty() && slice->next <= next) return;
      next = std::max(next, slice->next);
    }
  }

  std::string after_last(const std::string& what) const {
    return last_ ? fmt::format("{}; the one before it is version {} of {}", what, last_->second,
                               last_->first.text())
                 : what;
  }

  void look_at(const es::RecordedEvent& recorded, es::Partition partition, es::Offset next) {
    const auto wrong = [&](const std::string& what) {
      damaged(recorded.position, recorded.stream.text(), recorded.version, what);
    };
    if (recorded.position.partition != partition || recorded.position.offset < next)
      return wrong("it stands in another place than it says");
    if (es::partition_of(recorded.stream, log_.partitions()) != partition)
      return wrong("its stream belongs to another partition");
    Extent& extent = streams_[recorded.stream];
    if (recorded.version == 0) return wrong("versions begin with 1");
    // What a baseline stands for is gone: a stream begins with one of any version, and if a sweep trimmed it
    // since it was looked at, it begins with another one.
    const bool begins_anew = recorded.version > extent.last + 1 && es::is_baseline(recorded.event);
    if (recorded.version != extent.last + 1 && !begins_anew) {
      return wrong(extent.last == 0 ? "its stream begins with it, and no baseline stands for what was before"
                                    : fmt::format("the version before it in its stream is {}", extent.last));
    }
    if (extent.first == 0 || begins_anew) extent.first = recorded.version;
    extent.last = recorded.version;
    if (recorded.position.offset < log_.indexed().next[partition]) extent.indexed = recorded.version;
    switch (readable(recorded)) {
      case Readable::yes: break;
      case Readable::of_newer_release: ++found_.of_newer_release; break;
      case Readable::damaged: return wrong(fmt::format("its data is not that of a {}", recorded.event.type));
    }
    ++found_.events;
    last_.emplace(recorded.stream, recorded.version);
  }

  void read_index(const es::StreamId& stream, const Extent& extent) {
    if (extent.indexed == 0) return;
    es::Version version = extent.first - 1;
    const es::Partition partition = es::partition_of(stream, log_.partitions());
    for (;;) {
      const auto events = log_.read(stream, version);
      if (!events) return;
      if (!*events)
        return damaged({partition, 0}, stream.text(), version + 1,
                       "by the index: " + explained(log_, events->error()));
      if ((*events)->empty()) break;
      for (const es::RecordedEvent& recorded : **events) {
        if (recorded.version != ++version) {
          return damaged(recorded.position, stream.text(), version,
                         fmt::format("the index has version {} in its place", recorded.version));
        }
      }
    }
    if (version < extent.indexed) {
      damaged({partition, 0}, stream.text(), version + 1,
              fmt::format("the index does not have it; the log goes on to version {}", extent.last));
    }
  }

  void damaged(es::Position position, std::string stream, es::Version version, std::string what) {
    found_.damage = Damage{position, std::move(stream), version, std::move(what)};
  }

  LogSource& log_;
  LogCheck found_;
  std::unordered_map<es::StreamId, Extent> streams_;
  std::optional<std::pair<es::StreamId, es::Version>> last_;
};

}  // namespace

Readable readable(const es::RecordedEvent& recorded) {
  if (!is_of_device(recorded.stream)) return Readable::yes;
  const std::string_view name = recorded.stream.name();
  if (name == account::stream_name) return readable_by<account::Holder>(recorded);
  if (name == device::stream_name) return readable_by<device::Device>(recorded);
  if (name == links::stream_name) return readable_by<links::Links>(recorded);
  return readable_by<resource::Resource>(recorded);
}

LogCheck check_log(LogSource& log) { return Check(log).run(); }

}  // namespace ocf::server
