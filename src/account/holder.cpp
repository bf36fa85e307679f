#include "account/holder.hpp"

#include "base/overload.hpp"
#include "es/fields.hpp"

#include <utility>

namespace ocf::account {
namespace {

using Events = std::vector<Holder::Event>;

// Stored: never rename.
constexpr std::string_view claimed_name = "DeviceClaimed";
constexpr std::string_view released_name = "DeviceReleased";

Result<Events> claim(const Holder::State& state, const ClaimDevice& command) {
  if (state.owner && *state.owner != command.owner) return AuthorizationError::held_by_another;
  if (state.owner && state.grant == command.grant) return Events{};
  return Events{DeviceClaimed{command.owner, state.registration + 1, command.grant}};
}

Result<Events> release(const Holder::State& state, const ReleaseDevice& command) {
  const Access& access = command.access;
  if (!access.allows(command.subject, Right::manage) && !access.allows(command.subject, Right::host)) {
    return AuthorizationError::permission_denied;
  }
  if (!state.owner || state.registration != command.registration) return Events{};
  return Events{DeviceReleased{command.registration}};
}

Result<std::optional<Holder::Event>> decode_claimed(ByteView data) {
  DeviceClaimed event;
  const auto read = es::read_event(data, [&](cbor::Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.owner = Owner(reader.text()); return true;
      case 2: event.registration = reader.uint(); return true;
      case 3: event.grant = reader.text(); return true;
      default: return false;
    }
  });
  if (!read) return read.error();
  return std::optional<Holder::Event>(std::move(event));
}

Result<std::optional<Holder::Event>> decode_released(ByteView data) {
  DeviceReleased event;
  const auto read = es::read_event(data, [&](cbor::Reader& reader, std::uint64_t key) {
    if (key != 1) return false;
    event.registration = reader.uint();
    return true;
  });
  if (!read) return read.error();
  return std::optional<Holder::Event>(event);
}

}  // namespace

Result<Events> Holder::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const ClaimDevice& c) { return claim(state, c); },
                             [&](const ReleaseDevice& c) { return release(state, c); }},
                    command);
}

Holder::State Holder::evolve(State state, const Event& event) {
  std::visit(overload{[&](const DeviceClaimed& e) {
                        state = {e.owner, e.registration, e.grant};
                      },
                      [&](const DeviceReleased& e) {
                        state = {std::nullopt, e.registration, {}};
                      }},
             event);
  return state;
}

es::EncodedEvent Holder::encode(const Event& event) {
  Bytes data;
  es::FieldWriter fields(data);
  const auto name = std::visit(overload{[&](const DeviceClaimed& e) {
                                          fields.text(1, e.owner.text());
                                          fields.field(2).uint(e.registration);
                                          fields.text(3, e.grant);
                                          return claimed_name;
                                        },
                                        [&](const DeviceReleased& e) {
                                          fields.field(1).uint(e.registration);
                                          return released_name;
                                        }},
                               event);
  return {std::string(name), std::move(data)};
}

Result<std::optional<Holder::Event>> Holder::decode(const es::RecordedEvent& recorded) {
  if (recorded.event.type == claimed_name) return decode_claimed(recorded.event.data);
  if (recorded.event.type == released_name) return decode_released(recorded.event.data);
  return std::optional<Event>();
}

es::StreamId Holder::stream(const Tenant& tenant, const DeviceId& device) {
  return {tenant, device.text(), 0, stream_name};
}

}  // namespace ocf::account
