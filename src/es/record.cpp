#include "cbor/cbor.hpp"
#include "es/error.hpp"
#include "es/event.hpp"

#include <optional>

namespace ocf::es {
namespace {

// Stored: never renumber, add keys only.
enum class Key : std::uint64_t {
  partition = 1,
  offset,
  stream,
  version,
  id,
  type,
  time,
  data,
  principal,
  owner,
  correlation,
  causation,
  traceparent,
  epoch,
  sequence,
};

constexpr std::uint64_t bit(Key key) { return std::uint64_t{1} << static_cast<std::uint64_t>(key); }
// Keys 1 to 8 are always there; an empty text or a zero under the others is left out.
constexpr std::uint64_t required = (bit(Key::data) << 1) - bit(Key::partition);

class RecordWriter {
 public:
  explicit RecordWriter(Bytes& out) : writer_(out) {}

  cbor::Writer& key(Key key) { return writer_.uint(static_cast<std::uint64_t>(key)); }
  void text(Key name, const std::string& value) {
    if (!value.empty()) key(name).text(value);
  }
  void number(Key name, std::uint64_t value) {
    if (value != 0) key(name).uint(value);
  }
  cbor::Writer& map(std::size_t pairs) { return writer_.map(pairs); }

 private:
  cbor::Writer writer_;
};

std::size_t count_of_optional(const NewEvent& event) {
  const Audit& audit = event.audit;
  std::size_t count = 0;
  for (const bool present :
       {!audit.principal.empty(), !audit.owner.empty(), !audit.correlation.empty(), !audit.causation.empty(),
        !audit.traceparent.empty(), event.spoken.epoch != 0, event.spoken.sequence != 0}) {
    if (present) ++count;
  }
  return count;
}

// What is known of a record while its keys are read; the stream has no empty value.
struct Fields {
  Position position;
  std::optional<StreamId> stream;
  Version version = 0;
  NewEvent event;
};

void read_stream(cbor::Reader& reader, Fields& fields) {
  const auto stream = StreamId::parse(reader.text());
  if (stream)
    fields.stream = *stream;
  else
    reader.fail(stream.error());
}

void read_partition(cbor::Reader& reader, Fields& fields) {
  const std::uint64_t partition = reader.uint();
  fields.position.partition = static_cast<Partition>(partition);
  if (fields.position.partition != partition) reader.fail(StoreError::malformed_event);
}

void read_value(cbor::Reader& reader, Key key, Fields& fields) {
  NewEvent& event = fields.event;
  switch (key) {
    case Key::partition: return read_partition(reader, fields);
    case Key::offset: fields.position.offset = reader.uint(); return;
    case Key::stream: return read_stream(reader, fields);
    case Key::version: fields.version = reader.uint(); return;
    case Key::id: event.id = EventId(reader.text()); return;
    case Key::type: event.type = reader.text(); return;
    case Key::time: event.time = Time(std::chrono::milliseconds(reader.integer())); return;
    case Key::data: event.data = reader.bytes(); return;
    case Key::principal: event.audit.principal = reader.text(); return;
    case Key::owner: event.audit.owner = reader.text(); return;
    case Key::correlation: event.audit.correlation = CorrelationId(reader.text()); return;
    case Key::causation: event.audit.causation = reader.text(); return;
    case Key::traceparent: event.audit.traceparent = reader.text(); return;
    case Key::epoch: event.spoken.epoch = reader.uint(); return;
    case Key::sequence: event.spoken.sequence = reader.uint(); return;
  }
  reader.skip();
}

}  // namespace

Bytes encode_record(const RecordedEvent& record) {
  const NewEvent& event = record.event;
  Bytes bytes;
  bytes.reserve(event.data.size() + 256);
  RecordWriter writer(bytes);
  writer.map(8 + count_of_optional(event));
  writer.key(Key::partition).uint(record.position.partition);
  writer.key(Key::offset).uint(record.position.offset);
  writer.key(Key::stream).text(record.stream.text());
  writer.key(Key::version).uint(record.version);
  writer.key(Key::id).text(event.id.text());
  writer.key(Key::type).text(event.type);
  writer.key(Key::time).integer(event.time.time_since_epoch().count());
  writer.key(Key::data).bytes(event.data);
  writer.text(Key::principal, event.audit.principal);
  writer.text(Key::owner, event.audit.owner);
  writer.text(Key::correlation, event.audit.correlation.text());
  writer.text(Key::causation, event.audit.causation);
  writer.text(Key::traceparent, event.audit.traceparent);
  writer.number(Key::epoch, event.spoken.epoch);
  writer.number(Key::sequence, event.spoken.sequence);
  return bytes;
}

Result<RecordedEvent> decode_record(ByteView bytes) {
  cbor::Reader reader(bytes);
  Fields fields;
  std::uint64_t seen = 0;
  for (auto map = reader.map(); reader.next(map);) {
    const Key key{reader.uint()};
    if (key <= Key::sequence) {
      if (seen & bit(key)) reader.fail(StoreError::malformed_event);
      seen |= bit(key);
    }
    read_value(reader, key, fields);
  }
  reader.finish();
  if (reader.error() || (seen & required) != required || !fields.stream) return StoreError::malformed_event;
  return RecordedEvent{fields.position, std::move(*fields.stream), fields.version, std::move(fields.event)};
}

}  // namespace ocf::es
