#include "es/event_store.hpp"

#include "cbor/utf8.hpp"

namespace ocf::es {
namespace {

// Unlike the data, which is bytes, these are texts of the record; many of them are a peer's own words.
bool are_texts(const NewEvent& event) {
  for (const std::string* text :
       {&event.id.text(), &event.type, &event.audit.principal, &event.audit.owner,
        &event.audit.correlation.text(), &event.audit.causation, &event.audit.traceparent}) {
    if (!cbor::is_utf8(as_bytes(*text))) return false;
  }
  return true;
}

bool is_name(const StreamId& stream) {
  return stream.text().size() <= stream_id_bytes_max && cbor::is_utf8(as_bytes(stream.text()));
}

}  // namespace

Result<void> check(const Append& append) {
  if (!is_name(append.stream)) return StoreError::malformed_event;
  for (const NewEvent& event : append.events) {
    if (!are_texts(event)) return StoreError::malformed_event;
  }
  return {};
}

Result<void> check(const Trim& trim) {
  if (!is_name(trim.stream) || !are_texts(trim.baseline) || !is_baseline(trim.baseline))
    return StoreError::malformed_event;
  return {};
}

}  // namespace ocf::es
