#include "es/stream_id.hpp"

#include "base/assert.hpp"
#include "base/decimal.hpp"
#include "es/error.hpp"

#include <optional>

namespace ocf::es {
namespace {

struct Parts {
  std::string_view tenant, entity, registration, name;
};

// The name keeps its slashes; the first three parts have none.
Parts split(std::string_view text) {
  const auto take = [&text] {
    const auto slash = text.find('/');
    const auto part = text.substr(0, slash);
    text.remove_prefix(slash == text.npos ? text.size() : slash + 1);
    return part;
  };
  Parts parts;
  parts.tenant = take();
  parts.entity = take();
  parts.registration = take();
  parts.name = text;
  return parts;
}

// Digits without leading zeros: a stream has one text.
std::optional<std::uint64_t> registration_in(std::string_view text) {
  const auto registration = parse_decimal<std::uint64_t>(text);
  return text.size() > 1 && text.front() == '0' ? std::nullopt : registration;
}

}  // namespace

StreamId::StreamId(const Tenant& tenant, std::string_view entity, std::uint64_t registration,
                   std::string_view name) {
  OCF_ASSERT(!tenant.empty() && tenant.text().find('/') == std::string::npos,
             "a tenant is a name without slashes");
  OCF_ASSERT(!entity.empty() && entity.find('/') == entity.npos, "an entity is a name without slashes");
  text_ = tenant.text();
  text_ += '/';
  text_ += entity;
  text_ += '/';
  text_ += std::to_string(registration);
  text_ += '/';
  text_ += name;
}

Result<StreamId> StreamId::parse(std::string_view text) {
  const Parts parts = split(text);
  if (parts.tenant.empty() || parts.entity.empty() || parts.name.empty() ||
      !registration_in(parts.registration)) {
    return StoreError::malformed_stream_id;
  }
  return StreamId(std::string(text));
}

std::string_view StreamId::tenant() const { return split(text_).tenant; }
std::string_view StreamId::entity() const { return split(text_).entity; }
std::string_view StreamId::name() const { return split(text_).name; }

std::uint64_t StreamId::registration() const {
  return registration_in(split(text_).registration).value_or(0);
}

Partition partition_of(const StreamId& stream, Partition partitions) {
  OCF_ASSERT(partitions > 0, "a store has at least one partition");
  const std::string_view text = stream.text();
  const auto key = text.substr(0, text.find('/', text.find('/') + 1));
  std::uint64_t hash = 14695981039346656037ull;
  for (const char letter : key) {
    hash ^= static_cast<std::uint8_t>(letter);
    hash *= 1099511628211ull;
  }
  return static_cast<Partition>(hash % partitions);
}

}  // namespace ocf::es
