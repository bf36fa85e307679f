#include "auth_builtin/device_tokens.hpp"
#include "es/fields.hpp"

#include <algorithm>
#include <limits>

namespace ocf::auth_builtin {
namespace {

using cbor::Reader;
using es::FieldWriter;
using es::read_event;

// Stored: never rename.
constexpr std::string_view started_name = "TokenFamilyStarted";
constexpr std::string_view issued_name = "TokenPairIssued";
constexpr std::string_view used_name = "TokenGenerationUsed";
constexpr std::string_view revoked_name = "TokenFamilyRevoked";

Digest read_digest(Reader& reader) {
  const Bytes bytes = reader.bytes();
  Digest digest{};
  if (bytes.size() == digest.size()) {
    std::copy(bytes.begin(), bytes.end(), digest.begin());
  } else {
    reader.fail(es::StoreError::malformed_event);
  }
  return digest;
}

std::uint32_t read_generation(Reader& reader) {
  const std::uint64_t number = reader.uint();
  if (number > std::numeric_limits<std::uint32_t>::max()) reader.fail(es::StoreError::malformed_event);
  return static_cast<std::uint32_t>(number);
}

std::string_view write(FieldWriter& fields, const FamilyStarted& event) {
  fields.text(1, event.family);
  fields.text(2, event.owner.text());
  fields.bytes(3, event.lineage);
  fields.bytes(4, event.refresh_token);
  fields.time(5, event.started);
  fields.time(6, event.retry_until);
  return started_name;
}

std::string_view write(FieldWriter& fields, const PairIssued& event) {
  fields.text(1, event.family);
  fields.field(2).uint(event.generation);
  fields.field(3).uint(event.previous);
  fields.bytes(4, event.refresh_token);
  return issued_name;
}

std::string_view write(FieldWriter& fields, const GenerationUsed& event) {
  fields.text(1, event.family);
  fields.field(2).uint(event.generation);
  return used_name;
}

std::string_view write(FieldWriter& fields, const FamilyRevoked& event) {
  fields.text(1, event.family);
  fields.field(2).uint(static_cast<std::uint64_t>(event.reason));
  if (event.remember_until) fields.time(3, *event.remember_until);
  return revoked_name;
}

Result<void> read(ByteView data, FamilyStarted& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.family = reader.text(); return true;
      case 2: event.owner = account::Owner(reader.text()); return true;
      case 3: event.lineage = read_digest(reader); return true;
      case 4: event.refresh_token = read_digest(reader); return true;
      case 5: event.started = es::read_time(reader); return true;
      case 6: event.retry_until = es::read_time(reader); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, PairIssued& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.family = reader.text(); return true;
      case 2: event.generation = read_generation(reader); return true;
      case 3: event.previous = read_generation(reader); return true;
      case 4: event.refresh_token = read_digest(reader); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, GenerationUsed& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.family = reader.text(); return true;
      case 2: event.generation = read_generation(reader); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, FamilyRevoked& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.family = reader.text(); return true;
      case 2: event.reason = es::read_enum<Revocation>(reader); return true;
      case 3: event.remember_until = es::read_time(reader); return true;
      default: return false;
    }
  });
}

template <class E>
Result<std::optional<DeviceTokens::Event>> decode_as(E event, ByteView data) {
  const auto done = read(data, event);
  if (!done) return done.error();
  return std::optional<DeviceTokens::Event>(std::move(event));
}

}  // namespace

es::EncodedEvent DeviceTokens::encode(const Event& event) {
  Bytes data;
  FieldWriter fields(data);
  const auto name = std::visit([&](const auto& e) { return write(fields, e); }, event);
  return {std::string(name), std::move(data)};
}

Result<std::optional<DeviceTokens::Event>> DeviceTokens::decode(const es::RecordedEvent& recorded) {
  const std::string& type = recorded.event.type;
  const ByteView data = recorded.event.data;
  if (type == started_name) return decode_as(FamilyStarted(), data);
  if (type == issued_name) return decode_as(PairIssued(), data);
  if (type == used_name) return decode_as(GenerationUsed(), data);
  if (type == revoked_name) return decode_as(FamilyRevoked(), data);
  return std::optional<Event>();
}

}  // namespace ocf::auth_builtin
