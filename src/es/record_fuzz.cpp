// Any bytes as a stored record and as a stream's id: what is read is written as the same, and neither a
// stream nor an event has two names.
#include "base/assert.hpp"
#include "es/event.hpp"

#include <initializer_list>

namespace ocf {
namespace {

void check_record(ByteView input) {
  const auto record = es::decode_record(input);
  if (!record) return;
  const Bytes written = es::encode_record(*record);
  OCF_ASSERT(written.size() <= input.size(), "a record is written in its shortest form");
  const auto again = es::decode_record(written);
  OCF_ASSERT(again.has_value(), "what was written is read");
  OCF_ASSERT(again->position == record->position && again->stream == record->stream &&
                 again->version == record->version,
             "a record's places survive");
  OCF_ASSERT(again->event.id == record->event.id && again->event.type == record->event.type &&
                 again->event.data == record->event.data && again->event.time == record->event.time,
             "an event survives");
  OCF_ASSERT(again->event.audit == record->event.audit && again->event.spoken == record->event.spoken,
             "who caused it survives");
  OCF_ASSERT(es::encode_record(*again) == written, "a record has one form");
}

void check_stream(std::string_view text) {
  const auto stream = es::StreamId::parse(text);
  if (!stream) return;
  OCF_ASSERT(stream->text() == text, "a stream's id is its text");
  const es::StreamId again(es::Tenant(std::string(stream->tenant())), stream->entity(),
                           stream->registration(), stream->name());
  OCF_ASSERT(again == *stream, "a stream's id is made of its parts");
  for (const es::Partition partitions : std::initializer_list<es::Partition>{1, 3, 16})
    OCF_ASSERT(es::partition_of(*stream, partitions) < partitions, "a stream has its place");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_record({data, size});
  check_stream(as_text({data, size}));
  return 0;
}

}  // namespace ocf
