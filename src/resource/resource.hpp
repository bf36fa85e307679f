// Aggregate `resource` (stream <tenant>/<di>/<registration>/resource<href>): one resource of a device, its
// latest representation and the commands that wait for the device.
//
//                        ┌────────────── canceled, expired, outcome unknown ──────────────┐
//   request ──▶ pending ──▶ dispatched (to one session epoch) ──▶ answered by the device   ├──▶ ended, once
//                        └─────────────────────────────────────────────────────────────────┘
#pragma once

#include "account/principal.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "device/device.hpp"
#include "es/decider.hpp"
#include "es/event.hpp"
#include "ocf/link.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ocf::resource {

using es::CorrelationId;

// Stored: never renumber.
enum class Operation : std::uint8_t { create = 1, retrieve = 2, update = 3, remove = 4 };

// How a device, or the cloud for it, answered; each face maps it to its protocol's code. Stored: never
// renumber.
enum class Status : std::uint8_t {
  created = 1,
  deleted,
  valid,
  changed,
  content,
  bad_request = 32,
  unauthorized,
  bad_option,
  forbidden,
  not_found,
  method_not_allowed,
  not_acceptable,
  request_entity_incomplete,
  conflict,
  precondition_failed,
  request_entity_too_large,
  unsupported_content_format,
  unprocessable_entity,
  too_many_requests,
  internal_error = 64,
  not_implemented,
  bad_gateway,
  unavailable,
  gateway_timeout,
  proxying_not_supported,
};
constexpr bool is_success(Status status) { return static_cast<std::uint8_t>(status) < 32; }

// Bytes with the media type that the device or caller gave them. `format` is a CoAP content-format number
// (IANA registry); 0xffff: none was given.
struct Content {
  static constexpr std::uint16_t no_format = 0xffff;
  std::uint16_t format = no_format;
  SharedBytes bytes;  // null: no payload

  friend bool operator==(const Content& a, const Content& b) {
    const ByteView x = view_of(a.bytes), y = view_of(b.bytes);
    return a.format == b.format && std::equal(x.begin(), x.end(), y.begin(), y.end());
  }
};

// How a command ended without the device's answer. Stored: never renumber.
enum class Ending : std::uint8_t {
  canceled = 1,         // by its caller
  expired = 2,          // its time ran out
  outcome_unknown = 3,  // sent to the device, whose session ended before the answer
};

// Stored: never renumber, add fields only (docs/wire/events-resource.md). Stored names of CommandPending:
// Resource{Create,Retrieve, Update,Delete}Pending; of CommandAnswered:
// Resource{Created,Retrieved,Updated,Deleted}; of CommandEnded: Command{Canceled,Expired,OutcomeUnknown}.
struct CommandPending {
  Operation operation = Operation::retrieve;
  CorrelationId correlation;
  std::string query;  // "if=oic.if.baseline&…"; empty: none
  Content content;
  Time valid_until{};
  friend bool operator==(const CommandPending&, const CommandPending&) = default;
};
struct CommandDispatched {
  CorrelationId correlation;
  device::Epoch epoch = 0;
  friend bool operator==(const CommandDispatched&, const CommandDispatched&) = default;
};
struct CommandAnswered {
  Operation operation = Operation::retrieve;
  CorrelationId correlation;
  Status status = Status::content;
  Content content;
  friend bool operator==(const CommandAnswered&, const CommandAnswered&) = default;
};
struct CommandEnded {
  CorrelationId correlation;
  Ending ending = Ending::expired;
  friend bool operator==(const CommandEnded&, const CommandEnded&) = default;
};
struct ResourceRepresentationUpdated {
  Content content;
  Bytes etag;  // the device's, opaque; empty: none
  // Not in the event's bytes: decode() takes both from the envelope's Spoken.
  device::Epoch epoch = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const ResourceRepresentationUpdated&,
                         const ResourceRepresentationUpdated&) = default;
};
struct NotificationRejected {
  std::string reason;  // a sentence
  std::uint64_t bytes = 0;
  friend bool operator==(const NotificationRejected&, const NotificationRejected&) = default;
};

// Stands for all events before it in its stream, which went, and for the one in whose place it is: what is
// known of the resource as of that version. No command was waiting then, and those that ended before are not
// remembered.
struct BaselineTaken {
  std::optional<ResourceRepresentationUpdated> representation;  // nullopt: the device had not said any
  es::Version version = 0;   // of the event that brought the representation
  Time time{};               // and when
  bool unpublished = false;  // the shadow had lost it by the time the baseline was taken
  friend bool operator==(const BaselineTaken&, const BaselineTaken&) = default;
};

enum class ResourceError {
  permission_denied = 1,
  device_offline,      // and no time to live was given
  too_many_pending,    // commands wait for this device
  unknown_command,     // no such command is pending here (already ended, or never was)
  superseded_session,  // a newer session of the device has spoken
  command_expired,     // its time ran out before it was dispatched: it must not be sent any more
};
Error make_error_code(ResourceError error);

// What every command carries: who asks (fetched by the use case), about what, when.
struct Issued {
  account::Access access;
  account::Subject subject;
  Time now{};
};

struct RequestCommand {  // Create-, Retrieve-, Update- and DeleteResource
  Issued issued;
  Operation operation = Operation::retrieve;
  CorrelationId correlation;  // the idempotency key: known here already → decides nothing
  std::string query;
  Content content;
  Time valid_until{};
  bool waits_if_offline = false;  // the caller gave a time to live
  std::optional<device::Epoch>
      channel;                        // the session that will take it at once; nullopt: the device is offline
  std::size_t pending_on_device = 0;  // commands waiting on all resources of the device
  std::size_t pending_on_device_max = 100;
};
struct DispatchCommand {
  Issued issued;  // needs to host
  CorrelationId correlation;
  device::Epoch epoch = 0;
};
struct ConfirmCommand {  // the device's answer; needs to host
  Issued issued;
  CorrelationId correlation;
  Status status = Status::content;
  Content content;
  Bytes etag;
  device::Epoch epoch = 0;
  std::uint64_t sequence =
      0;              // of the session's messages that carry representations, as in NotifyRepresentation
  bool anew = false;  // as in NotifyRepresentation
};
// canceled: needs to control; expired: system, decides nothing before the command's time ran out;
// outcome_unknown: needs to host, or system.
struct EndCommand {
  Issued issued;
  CorrelationId correlation;
  Ending ending = Ending::expired;
};
struct NotifyRepresentation {  // needs to host
  Issued issued;
  Content content;
  Bytes etag;
  device::Epoch epoch = 0;
  std::uint64_t sequence = 0;  // of the session's notifications; greater is newer
  std::string invalid;         // not empty: the content is refused for this reason and only recorded
  bool anew =
      false;  // record it even if nothing changed: the shadow lost it when the resource was unpublished
};

inline constexpr std::size_t ended_kept_max = 128;

struct Resource {
  using Event = std::variant<CommandPending, CommandDispatched, CommandAnswered, CommandEnded,
                             ResourceRepresentationUpdated, NotificationRejected, BaselineTaken>;
  using Command =
      std::variant<RequestCommand, DispatchCommand, ConfirmCommand, EndCommand, NotifyRepresentation>;

  struct Waiting {
    Operation operation = Operation::retrieve;
    CorrelationId correlation;
    std::string query;
    Time valid_until{};
    device::Epoch dispatched_to = 0;  // 0: not yet
    friend bool operator==(const Waiting&, const Waiting&) = default;
  };
  struct State {
    std::optional<ResourceRepresentationUpdated> representation;
    device::Epoch epoch = 0;  // of the newest session that spoke
    std::uint64_t sequence = 0;
    std::vector<Waiting> waiting;
    std::deque<CorrelationId> ended;  // the last ended_kept_max, so that a retry is known
    friend bool operator==(const State&, const State&) = default;
  };

  // RequestCommand (needs to read for a retrieval, else to control) with a channel decides pending and
  // dispatched together. DispatchCommand to the session that has it decides nothing; to another one:
  // unknown_command, for it is not sent twice. ConfirmCommand of a retrieval without query that succeeded
  // with content also decides ResourceRepresentationUpdated. NotifyRepresentation of what is known already
  // (content and ETag equal) decides nothing; one that is older than what is known is recorded, and evolve
  // leaves the state as it is. A command that has ended is not ended again: unknown_command.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);
};

es::StreamId stream_of(const device::DeviceKey& key, const Href& href);
// The href of a resource stream's name; nullopt for other streams.
std::optional<Href> href_of(const es::StreamId& stream);

}  // namespace ocf::resource

template <>
struct boost::system::is_error_code_enum<ocf::resource::ResourceError> : std::true_type {};
