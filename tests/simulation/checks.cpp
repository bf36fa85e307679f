#include "tests/simulation/checks.hpp"

#include "account/holder.hpp"
#include "auth_builtin/code.hpp"
#include "auth_builtin/device_tokens.hpp"
#include "cbor/cbor.hpp"
#include "device/device.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

namespace ocf::simulation {
namespace {

// Of work that never suspends.
template <class T>
T done(es::awaitable<T> work) {
  boost::asio::io_context loop;
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(work),
                        [&result](std::exception_ptr, T value) { result.emplace(std::move(value)); });
  loop.run();
  return std::move(*result);
}

std::string name_of(const es::RecordedEvent& event) {
  return event.stream.text() + " version " + std::to_string(event.version) + ", " + event.event.type;
}

std::optional<resource::Resource::Event> resource_event(const es::RecordedEvent& recorded) {
  if (!resource::href_of(recorded.stream)) return std::nullopt;
  auto event = resource::Resource::decode(recorded);
  return event ? std::move(*event) : std::nullopt;
}

template <class Aggregate>
bool reads(const es::RecordedEvent& recorded) {
  const auto event = Aggregate::decode(recorded);
  return event && *event;
}

bool is_readable(const es::RecordedEvent& event) {
  const std::string_view stream = event.stream.name();
  if (resource::href_of(event.stream)) return reads<resource::Resource>(event);
  if (stream == account::stream_name) return reads<account::Holder>(event);
  if (stream == device::stream_name) return reads<device::Device>(event);
  if (stream == links::stream_name) return reads<links::Links>(event);
  if (stream == "code") return reads<auth_builtin::Code>(event);
  return stream == "tokens" && reads<auth_builtin::DeviceTokens>(event);
}

struct CommandLife {
  std::string name;
  int begun = 0;
  int ended = 0;
  std::optional<resource::Status> answer;
  std::optional<std::int64_t> power;  // that it asked for
};

std::map<es::CorrelationId, CommandLife> commands_of(const Log& log) {
  std::map<es::CorrelationId, CommandLife> commands;
  for (const es::RecordedEvent& recorded : log) {
    const auto event = resource_event(recorded);
    if (!event) continue;
    if (const auto* begun = std::get_if<resource::CommandPending>(&*event)) {
      CommandLife& life = commands[begun->correlation];
      life.name = name_of(recorded);
      ++life.begun;
      life.power = power_of(view_of(begun->content.bytes));
    } else if (const auto* answered = std::get_if<resource::CommandAnswered>(&*event)) {
      ++commands[answered->correlation].ended;
      commands[answered->correlation].answer = answered->status;
    } else if (const auto* ended = std::get_if<resource::CommandEnded>(&*event)) {
      ++commands[ended->correlation].ended;
    }
  }
  return commands;
}

std::string number(Time time) { return std::to_string(time.time_since_epoch().count()); }

std::string text_of(const directory::Directory& directory) {
  std::ostringstream text;
  for (const auto* device : directory.all()) {
    const directory::DeviceEntry& entry = device->entry;
    text << entry.key.fence_key() << " of " << entry.owner.text() << " \"" << entry.name << "\" "
         << (device->registered ? "registered " : "") << (device->released ? "released " : "")
         << (entry.online ? "online " : "") << entry.epoch << ' ' << number(entry.since)
         << (entry.in_sync ? " in sync " : " stale ") << number(entry.stale_since) << ' '
         << number(entry.registered) << '\n';
    for (const auto& [href, link] : entry.links) {
      text << "  link " << href.text() << ' ' << link.instance << '\n';
    }
    for (const auto& [href, end] : entry.ends) text << "  ends " << href.text() << ' ' << number(end) << '\n';
  }
  return text.str();
}

std::string text_of(const shadow::Shadow& shadow) {
  std::ostringstream text;
  for (const auto& [key, resources] : shadow.all()) {
    text << key.fence_key() << '\n';
    for (const auto& [href, known] : resources) {
      text << "  " << href.text() << ' ' << known.content.format << ' '
           << to_hex(view_of(known.content.bytes)) << ' ' << to_hex(known.etag) << ' ' << known.version << ' '
           << number(known.time) << ' ' << known.epoch << ' ' << known.sequence << '\n';
    }
  }
  return text.str();
}

std::string text_of(const pending::PendingCommands& pending) {
  std::ostringstream text;
  for (const auto& [key, commands] : pending.all()) {
    for (const pending::PendingCommand& command : commands) {
      text << key.fence_key() << command.href.text() << ' ' << command.correlation.text() << ' '
           << static_cast<int>(command.operation) << ' ' << command.query << ' '
           << to_hex(view_of(command.content.bytes)) << ' ' << number(command.valid_until) << ' '
           << command.dispatched_to << '\n';
    }
  }
  return text.str();
}

void check_equal(World& world, const std::string& what, const std::string& live, const std::string& folded) {
  if (live == folded) return;
  std::istringstream lives(live), folds(folded);
  std::string live_line, folded_line;
  while (live_line == folded_line && (lives || folds)) {
    live_line = folded_line = "(nothing)";
    std::getline(lives, live_line);
    std::getline(folds, folded_line);
  }
  world.fail("the " + what + " is not the fold of the log: \"" + live_line + "\" instead of \"" +
             folded_line + '"');
}

}  // namespace

Log log_of(store_memory::MemoryEventStore& store) {
  Log log;
  for (es::Partition partition = 0; partition < store.partitions(); ++partition) {
    const auto slice = done(store.read_partition(partition, 1, std::size_t(-1)));
    log.insert(log.end(), slice->events->begin(), slice->events->end());
  }
  return log;
}

Log whole_log_of(Store& store) {
  std::map<es::Position, es::RecordedEvent> events = store.trimmed();
  for (es::RecordedEvent& event : log_of(store.log())) events.emplace(event.position, std::move(event));
  Log log;
  for (auto& [position, event] : events) log.push_back(std::move(event));
  return log;
}

std::optional<std::int64_t> power_of(ByteView representation) {
  const auto json = cbor::to_json(representation);
  constexpr std::string_view key = "\"power\":";
  const auto found = json ? json->find(key) : std::string::npos;
  if (found == std::string::npos) return std::nullopt;
  std::int64_t power = 0;
  std::from_chars(json->data() + found + key.size(), json->data() + json->size(), power);
  return power;
}

void check_readable(World& world, const Log& log) {
  for (const es::RecordedEvent& event : log) {
    if (!is_readable(event)) world.fail("nobody can read " + name_of(event));
  }
}

void check_places(World& world, const Log& log) {
  std::map<es::Partition, es::Offset> ends;
  std::map<es::StreamId, es::Version> versions;
  std::set<es::EventId> ids;
  for (const es::RecordedEvent& event : log) {
    if (event.position.offset != ++ends[event.position.partition])
      world.fail("a hole in a partition before " + name_of(event));
    if (event.version != ++versions[event.stream]) world.fail("a hole in a stream before " + name_of(event));
    if (!ids.insert(event.event.id).second) world.fail("stored twice: " + name_of(event));
  }
}

void check_acknowledged(World& world, const Log& log, const Acknowledged& acknowledged) {
  std::map<es::EventId, const es::RecordedEvent*> stored;
  for (const es::RecordedEvent& event : log) stored.emplace(event.event.id, &event);
  for (const auto& [id, event] : acknowledged) {
    const auto found = stored.find(id);
    if (found == stored.end()) {
      world.fail("acknowledged and lost: " + name_of(event));
    } else if (es::encode_record(*found->second) != es::encode_record(event)) {
      world.fail("acknowledged and changed: " + name_of(event));
    }
  }
}

void check_commands(World& world, const Log& log, const std::set<es::CorrelationId>& waiting) {
  for (const auto& [correlation, life] : commands_of(log)) {
    const int wanted = waiting.contains(correlation) ? 0 : 1;
    if (life.begun != 1 || life.ended != wanted) {
      world.fail("a command that began " + std::to_string(life.begun) + " times and ended " +
                 std::to_string(life.ended) + " times: " + life.name);
    }
  }
}

void check_sessions(World& world, const Log& log) {
  std::map<std::string, std::uint64_t> newest;  // of a registration
  std::map<es::StreamId, std::tuple<std::uint64_t, std::uint64_t, std::int64_t>> said;
  for (const es::RecordedEvent& event : log) {
    const auto key = device::key_of(event.stream);
    if (!key) continue;
    std::uint64_t& epoch = newest[key->fence_key()];
    if (event.event.type == "DeviceConnected") epoch = event.version;
    const es::Spoken& spoken = event.event.spoken;
    if (spoken.epoch != 0 && spoken.epoch < epoch)
      world.fail("an older session was heard: " + name_of(event));
    const auto of_resource = resource_event(event);
    const auto* told =
        of_resource ? std::get_if<resource::ResourceRepresentationUpdated>(&*of_resource) : nullptr;
    if (told == nullptr) continue;
    auto& [last_epoch, last_sequence, last_power] = said[event.stream];
    if (std::pair(spoken.epoch, spoken.sequence) <= std::pair(last_epoch, last_sequence))
      world.fail("said earlier and stored later: " + name_of(event));
    last_epoch = spoken.epoch;
    last_sequence = spoken.sequence;
    const auto power = power_of(view_of(told->content.bytes));
    if (!power || *power % 2 != 0) continue;
    if (*power < last_power) {
      world.fail("the light went from " + std::to_string(last_power) + " to " + std::to_string(*power) +
                 ", which it never did: " + name_of(event));
    }
    last_power = *power;
  }
}

void check_owners(World& world, const Log& log) {
  std::map<std::string, std::string> owners;  // by registration
  for (const es::RecordedEvent& event : log) {
    const auto key = device::key_of(event.stream);
    if (!key) continue;
    if (event.stream.name() == account::stream_name) {
      const auto holding = account::Holder::decode(event);
      const auto* claimed = holding && *holding ? std::get_if<account::DeviceClaimed>(&**holding) : nullptr;
      if (claimed == nullptr) continue;
      const device::DeviceKey begun(key->tenant, key->device, claimed->registration);
      owners[begun.fence_key()] = claimed->owner.text();
    } else if (key->registration != 0 && owners[key->fence_key()] != event.event.audit.owner) {
      world.fail("an event of " + event.event.audit.owner + " in a registration of " +
                 owners[key->fence_key()] + ": " + name_of(event));
    }
  }
}

void check_told(World& world, const Log& log, const Told& told) {
  std::map<std::int64_t, std::set<std::string>> stored;  // values → whose lights had them
  for (const es::RecordedEvent& event : log) {
    const auto of_resource = resource_event(event);
    const auto* known =
        of_resource ? std::get_if<resource::ResourceRepresentationUpdated>(&*of_resource) : nullptr;
    const auto* answered = of_resource ? std::get_if<resource::CommandAnswered>(&*of_resource) : nullptr;
    const resource::Content* content = known != nullptr      ? &known->content
                                       : answered != nullptr ? &answered->content
                                                             : nullptr;
    if (content == nullptr) continue;
    if (const auto power = power_of(view_of(content->bytes))) stored[*power].insert(event.event.audit.owner);
  }
  for (const auto& [person, values] : told.seen) {
    for (const std::int64_t value : values) {
      const auto found = stored.find(value);
      if (found == stored.end()) {
        world.fail("shown and not stored: power " + std::to_string(value));
      } else if (!found->second.contains(person)) {
        world.fail("shown to " + person + ", whose light it was not then: power " + std::to_string(value));
      }
    }
  }
  std::map<std::int64_t, int> asked, done_as_said;
  for (const auto& [correlation, life] : commands_of(log)) {
    if (!life.power) continue;
    if (++asked[*life.power] > 1) world.fail("asked once and commanded twice: " + life.name);
    if (life.answer == resource::Status::changed) ++done_as_said[*life.power];
  }
  for (const std::int64_t value : told.confirmed) {
    if (done_as_said[value] != 1)
      world.fail("confirmed and not recorded as done: power " + std::to_string(value));
  }
}

void check_read_models(World& world, const Log& log, const cloud::ReadModels& live) {
  cloud::ReadModels folded(Store::partition_count);
  for (const es::RecordedEvent& event : log) {
    if (event.position.offset >= live.next(event.position.partition)) continue;
    es::LogSlice slice;
    slice.events = std::make_shared<const std::vector<es::RecordedEvent>>(1, event);
    slice.next = event.position.offset + 1;
    folded.apply_log(event.position.partition, slice);
  }
  if (folded.cursor() != live.cursor()) world.fail("the read models know of events that are not stored");
  check_equal(world, "directory", text_of(live.directory), text_of(folded.directory));
  check_equal(world, "shadow", text_of(live.shadow), text_of(folded.shadow));
  check_equal(world, "list of pending commands", text_of(live.pending), text_of(folded.pending));
}

void check_online(World& world, const Log& log, const directory::Directory& live) {
  std::map<std::string, es::Version> sessions;  // of a registration; 0: the newest one has ended
  for (const es::RecordedEvent& event : log) {
    const auto key = device::key_of(event.stream);
    if (!key) continue;
    if (event.event.type == "DeviceConnected") sessions[key->fence_key()] = event.version;
    if (event.event.type == "DeviceDisconnected") sessions[key->fence_key()] = 0;
  }
  for (const directory::Directory::Session& entry : live.online()) {
    const es::Version session = sessions[entry.key.fence_key()];
    if (entry.epoch == 0 || entry.epoch != session) {
      world.fail("online by session " + std::to_string(entry.epoch) + " instead of " +
                 std::to_string(session) + ": " + entry.key.fence_key());
    }
  }
}

void check_feed(World& world, const Log& log, const std::string& owner, const Log& feed) {
  std::set<es::EventId> given;
  std::map<es::Partition, es::Offset> ends;
  for (const es::RecordedEvent& event : feed) {
    if (!given.insert(event.event.id).second) world.fail("shown twice to " + owner + ": " + name_of(event));
    es::Offset& end = ends[event.position.partition];
    if (event.position.offset <= end) world.fail("shown too late to " + owner + ": " + name_of(event));
    end = std::max(end, event.position.offset);
    if (event.event.audit.owner != owner)
      world.fail("shown to " + owner + ", who is no owner: " + name_of(event));
  }
  for (const es::RecordedEvent& event : log) {
    const auto key = device::key_of(event.stream);
    const bool wanted = key && key->registration != 0 && event.event.audit.owner == owner;
    if (wanted && !given.contains(event.event.id))
      world.fail("not shown to " + owner + ": " + name_of(event));
  }
}

}  // namespace ocf::simulation
