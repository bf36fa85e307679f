// Where commands read the whole log: of a running hub through its socket, else in its data directory.
#pragma once

#include "base/result.hpp"
#include "cloud/cursor.hpp"
#include "cloud/point.hpp"
#include "es/event_store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ocf::server {

// Blocks, and writes nothing. Of a hub that runs it is asked a piece at a time, so that devices do not
// notice. While a data directory is read no hub can start in it.
class LogSource {
 public:
  virtual ~LogSource() = default;

  virtual es::Partition partitions() const = 0;
  // Behind the last event when it was opened.
  virtual const cloud::Cursor& end() const = 0;
  // Errors: of EventStore::read_partition. Throws CommandFailure if the hub does not answer.
  virtual Result<es::LogSlice> read_partition(es::Partition partition, es::Offset from,
                                              std::size_t limit) = 0;
  // Behind the last event that the index has to know: after a crash the next start adds the rest.
  virtual const cloud::Cursor& indexed() const = 0;
  // The index. Errors: of EventStore::read. nullopt: a hub runs and is not asked that much.
  virtual std::optional<Result<std::vector<es::RecordedEvent>>> read(const es::StreamId& stream,
                                                                     es::Version after) = 0;
  // What made the last of these `corrupt`, with the file; empty: not known, because a hub runs.
  virtual std::string damage() const = 0;
};

// Of an error of these, with what is known of it.
std::string explained(const LogSource& log, const Error& error);

// A part of a partition that cannot be read.
struct Gap {
  es::Partition partition = 0;
  es::Offset first = 0;
  es::Offset next = 0;  // where it can be read again; 0: nowhere
  std::string why;
};

// Throws CommandFailure with a sentence: no hub was ever here, the store cannot be opened.
std::unique_ptr<LogSource> open_log(const std::filesystem::path& data);

using Visit = std::function<void(const es::RecordedEvent& recorded)>;

// Visits the events from the cursor to the end, partition after partition, each in order. Throws
// CommandFailure if the log cannot be read.
void for_each_event(LogSource& log, const cloud::Cursor& from, const Visit& visit);
// The same, of all partitions or of one; what cannot be read is told when it is passed over.
void for_each_readable(LogSource& log, const cloud::Cursor& from, std::optional<es::Partition> only,
                       const Visit& visit, const std::function<void(const Gap& gap)>& pass_over);

// A cursor or, where that is allowed, a time, of this log. Throws CommandFailure (usage), also if the point
// is one of the future.
cloud::Cursor cursor_in(const LogSource& log, const std::string& text);
cloud::Point point_in(const LogSource& log, const std::string& text);

// The first place of all partitions.
cloud::Cursor beginning(const LogSource& log);

// Whether the event is about a device, and not of the authorization server's own streams, which hold hashes
// of secrets.
bool is_of_device(const es::StreamId& stream);

}  // namespace ocf::server
