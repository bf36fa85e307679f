#include "es/fields.hpp"
#include "resource/resource.hpp"

#include <array>

namespace ocf::resource {
namespace {

using cbor::Reader;
using es::FieldWriter;
using es::read_event;
using Decoded = Result<std::optional<Resource::Event>>;

// Stored: never rename.
constexpr std::string_view dispatched_name = "CommandDispatched";
constexpr std::string_view updated_name = "ResourceRepresentationUpdated";
constexpr std::string_view rejected_name = "NotificationRejected";
constexpr std::string_view baseline_name = "BaselineTaken";
constexpr std::uint64_t baseline_schema = 1;  // of what a baseline says of a resource

template <class Kind>
struct Named {
  Kind kind;
  std::string_view name;
};

constexpr std::array<Named<Operation>, 4> pending_names{{{Operation::create, "ResourceCreatePending"},
                                                         {Operation::retrieve, "ResourceRetrievePending"},
                                                         {Operation::update, "ResourceUpdatePending"},
                                                         {Operation::remove, "ResourceDeletePending"}}};
constexpr std::array<Named<Operation>, 4> answered_names{{{Operation::create, "ResourceCreated"},
                                                          {Operation::retrieve, "ResourceRetrieved"},
                                                          {Operation::update, "ResourceUpdated"},
                                                          {Operation::remove, "ResourceDeleted"}}};
constexpr std::array<Named<Ending>, 3> ended_names{{{Ending::canceled, "CommandCanceled"},
                                                    {Ending::expired, "CommandExpired"},
                                                    {Ending::outcome_unknown, "CommandOutcomeUnknown"}}};

template <class Names, class Kind>
std::string_view name_of(const Names& names, Kind kind) {
  for (const auto& named : names) {
    if (named.kind == kind) return named.name;
  }
  OCF_ASSERT(false, "every kind has a stored name");
  return {};
}

template <class Names>
auto kind_of(const Names& names, std::string_view name) -> std::optional<decltype(names[0].kind)> {
  for (const auto& named : names) {
    if (named.name == name) return named.kind;
  }
  return std::nullopt;
}

// Two fields: a content without payload and one with an empty payload are the same.
void write_content(FieldWriter& fields, unsigned key, const Content& content) {
  if (content.format != Content::no_format) fields.field(key).uint(content.format);
  fields.bytes(key + 1, view_of(content.bytes));
}

void read_format(Reader& reader, Content& content) {
  const std::uint64_t format = reader.uint();
  if (format > Content::no_format) reader.fail(es::StoreError::malformed_event);
  content.format = static_cast<std::uint16_t>(format);
}

std::string_view write(FieldWriter& fields, const CommandPending& event) {
  fields.text(1, event.correlation.text());
  fields.text(2, event.query);
  write_content(fields, 3, event.content);
  fields.time(5, event.valid_until);
  return name_of(pending_names, event.operation);
}

std::string_view write(FieldWriter& fields, const CommandDispatched& event) {
  fields.text(1, event.correlation.text());
  fields.field(2).uint(event.epoch);
  return dispatched_name;
}

std::string_view write(FieldWriter& fields, const CommandAnswered& event) {
  fields.text(1, event.correlation.text());
  fields.field(2).uint(static_cast<std::uint64_t>(event.status));
  write_content(fields, 3, event.content);
  return name_of(answered_names, event.operation);
}

std::string_view write(FieldWriter& fields, const CommandEnded& event) {
  fields.text(1, event.correlation.text());
  return name_of(ended_names, event.ending);
}

std::string_view write(FieldWriter& fields, const ResourceRepresentationUpdated& event) {
  write_content(fields, 1, event.content);
  fields.bytes(3, event.etag);
  return updated_name;
}

std::string_view write(FieldWriter& fields, const NotificationRejected& event) {
  fields.text(1, event.reason);
  fields.field(2).uint(event.bytes);
  return rejected_name;
}

std::string_view write(FieldWriter& fields, const BaselineTaken& event) {
  fields.field(1).uint(baseline_schema);
  if (!event.representation) return baseline_name;
  write_content(fields, 2, event.representation->content);
  fields.bytes(4, event.representation->etag);
  fields.field(5).uint(event.version);
  fields.time(6, event.time);
  fields.field(7).uint(event.representation->epoch);
  fields.field(8).uint(event.representation->sequence);
  if (event.unpublished) fields.field(9).boolean(true);
  return baseline_name;
}

template <class E>
Decoded decoded(const Result<void>& read, E event) {
  if (!read) return read.error();
  return std::optional<Resource::Event>(std::move(event));
}

Decoded read_pending(Operation operation, ByteView data) {
  CommandPending event;
  event.operation = operation;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.correlation = CorrelationId(reader.text()); return true;
      case 2: event.query = reader.text(); return true;
      case 3: read_format(reader, event.content); return true;
      case 4: event.content.bytes = share(reader.bytes()); return true;
      case 5: event.valid_until = es::read_time(reader); return true;
      default: return false;
    }
  });
  return decoded(read, std::move(event));
}

Decoded read_dispatched(ByteView data) {
  CommandDispatched event;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.correlation = CorrelationId(reader.text()); return true;
      case 2: event.epoch = reader.uint(); return true;
      default: return false;
    }
  });
  return decoded(read, std::move(event));
}

Decoded read_answered(Operation operation, ByteView data) {
  CommandAnswered event;
  event.operation = operation;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.correlation = CorrelationId(reader.text()); return true;
      case 2: event.status = es::read_enum<Status>(reader); return true;
      case 3: read_format(reader, event.content); return true;
      case 4: event.content.bytes = share(reader.bytes()); return true;
      default: return false;
    }
  });
  return decoded(read, std::move(event));
}

Decoded read_ended(Ending ending, ByteView data) {
  CommandEnded event;
  event.ending = ending;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    if (key != 1) return false;
    event.correlation = CorrelationId(reader.text());
    return true;
  });
  return decoded(read, std::move(event));
}

Decoded read_updated(const es::Spoken& spoken, ByteView data) {
  ResourceRepresentationUpdated event;
  event.epoch = spoken.epoch;
  event.sequence = spoken.sequence;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: read_format(reader, event.content); return true;
      case 2: event.content.bytes = share(reader.bytes()); return true;
      case 3: event.etag = reader.bytes(); return true;
      default: return false;
    }
  });
  return decoded(read, std::move(event));
}

Decoded read_rejected(ByteView data) {
  NotificationRejected event;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.reason = reader.text(); return true;
      case 2: event.bytes = reader.uint(); return true;
      default: return false;
    }
  });
  return decoded(read, std::move(event));
}

// A baseline of a schema that this release does not know is an error: what it says would be lost.
Decoded read_baseline(ByteView data) {
  BaselineTaken event;
  ResourceRepresentationUpdated said;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1:
        if (reader.uint() != baseline_schema) reader.fail(es::StoreError::malformed_event);
        return true;
      case 2: read_format(reader, said.content); return true;
      case 3: said.content.bytes = share(reader.bytes()); return true;
      case 4: said.etag = reader.bytes(); return true;
      case 5: event.version = reader.uint(); return true;
      case 6: event.time = es::read_time(reader); return true;
      case 7: said.epoch = reader.uint(); return true;
      case 8: said.sequence = reader.uint(); return true;
      case 9: event.unpublished = reader.boolean(); return true;
      default: return false;
    }
  });
  if (event.version != 0) event.representation = std::move(said);
  return decoded(read, std::move(event));
}

}  // namespace

es::EncodedEvent Resource::encode(const Event& event) {
  Bytes data;
  FieldWriter fields(data);
  const auto name = std::visit([&](const auto& e) { return write(fields, e); }, event);
  return {std::string(name), std::move(data)};
}

Decoded Resource::decode(const es::RecordedEvent& recorded) {
  const std::string& type = recorded.event.type;
  const ByteView data = recorded.event.data;
  if (type == updated_name) return read_updated(recorded.event.spoken, data);
  if (type == dispatched_name) return read_dispatched(data);
  if (type == rejected_name) return read_rejected(data);
  if (type == baseline_name) return read_baseline(data);
  if (const auto operation = kind_of(pending_names, type)) return read_pending(*operation, data);
  if (const auto operation = kind_of(answered_names, type)) return read_answered(*operation, data);
  if (const auto ending = kind_of(ended_names, type)) return read_ended(*ending, data);
  return std::optional<Event>();
}

}  // namespace ocf::resource
