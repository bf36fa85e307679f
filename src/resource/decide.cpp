#include "base/overload.hpp"
#include "resource/resource.hpp"

#include <algorithm>

namespace ocf::resource {
namespace {

using account::Principal;
using account::Right;
using Events = std::vector<Resource::Event>;
using State = Resource::State;

bool may(const Issued& issued, Right right) { return issued.access.allows(issued.subject, right); }

const Resource::Waiting* find(const State& state, const CorrelationId& correlation) {
  const auto found = std::find_if(state.waiting.begin(), state.waiting.end(),
                                  [&](const auto& waiting) { return waiting.correlation == correlation; });
  return found == state.waiting.end() ? nullptr : &*found;
}

bool has_ended(const State& state, const CorrelationId& correlation) {
  return std::find(state.ended.begin(), state.ended.end(), correlation) != state.ended.end();
}

bool is_known(const State& state, const ResourceRepresentationUpdated& said) {
  return state.representation && state.representation->content == said.content &&
         state.representation->etag == said.etag;
}

// A second try to store it, because the first one was not answered.
bool is_repeated(const State& state, const ResourceRepresentationUpdated& said) {
  return state.representation && state.representation->epoch == said.epoch &&
         state.representation->sequence == said.sequence && is_known(state, said);
}

Result<Events> decide_request(const State& state, const RequestCommand& command) {
  const Right needed = command.operation == Operation::retrieve ? Right::read : Right::control;
  if (!may(command.issued, needed)) return ResourceError::permission_denied;
  if (find(state, command.correlation) != nullptr || has_ended(state, command.correlation)) return Events{};
  if (!command.channel && !command.waits_if_offline) return ResourceError::device_offline;
  if (command.channel && *command.channel < state.epoch) return ResourceError::superseded_session;
  if (command.pending_on_device >= command.pending_on_device_max) return ResourceError::too_many_pending;

  Events events{CommandPending{command.operation, command.correlation, command.query, command.content,
                               command.valid_until}};
  if (command.channel) events.push_back(CommandDispatched{command.correlation, *command.channel});
  return events;
}

Result<Events> decide_dispatch(const State& state, const DispatchCommand& command) {
  if (!may(command.issued, Right::host)) return ResourceError::permission_denied;
  if (command.epoch < state.epoch) return ResourceError::superseded_session;
  const Resource::Waiting* waiting = find(state, command.correlation);
  if (waiting == nullptr) return ResourceError::unknown_command;
  if (waiting->dispatched_to == command.epoch) return Events{};
  if (waiting->dispatched_to != 0) return ResourceError::unknown_command;
  if (waiting->valid_until <= command.issued.now) return ResourceError::command_expired;
  return Events{CommandDispatched{command.correlation, command.epoch}};
}

Result<Events> decide_confirm(const State& state, const ConfirmCommand& command) {
  if (!may(command.issued, Right::host)) return ResourceError::permission_denied;
  if (command.epoch < state.epoch) return ResourceError::superseded_session;
  const Resource::Waiting* waiting = find(state, command.correlation);
  if (waiting == nullptr || waiting->dispatched_to == 0) return ResourceError::unknown_command;
  if (waiting->dispatched_to != command.epoch) return ResourceError::superseded_session;

  Events events{CommandAnswered{waiting->operation, command.correlation, command.status, command.content}};
  const bool is_representation = waiting->operation == Operation::retrieve && waiting->query.empty() &&
                                 command.status == Status::content && command.content.bytes != nullptr;
  ResourceRepresentationUpdated said{command.content, command.etag, command.epoch, command.sequence};
  if (is_representation && (command.anew || !is_known(state, said))) events.push_back(std::move(said));
  return events;
}

bool may_end(const EndCommand& command) {
  switch (command.ending) {
    case Ending::canceled: return may(command.issued, Right::control);
    case Ending::expired:
      return may(command.issued, Right::control) &&
             command.issued.access.principal.kind == Principal::Kind::system;
    case Ending::outcome_unknown: return may(command.issued, Right::host);
  }
  return false;
}

Result<Events> decide_end(const State& state, const EndCommand& command) {
  if (!may_end(command)) return ResourceError::permission_denied;
  const Resource::Waiting* waiting = find(state, command.correlation);
  if (waiting == nullptr) return ResourceError::unknown_command;
  if (command.ending == Ending::expired && command.issued.now < waiting->valid_until) return Events{};
  return Events{CommandEnded{command.correlation, command.ending}};
}

Result<Events> decide_notify(const State& state, const NotifyRepresentation& command) {
  if (!may(command.issued, Right::host)) return ResourceError::permission_denied;
  if (command.epoch < state.epoch) return ResourceError::superseded_session;
  if (!command.invalid.empty()) {
    return Events{NotificationRejected{command.invalid, view_of(command.content.bytes).size()}};
  }
  ResourceRepresentationUpdated said{command.content, command.etag, command.epoch, command.sequence};
  if (is_repeated(state, said) || (!command.anew && is_known(state, said))) return Events{};
  return Events{std::move(said)};
}

}  // namespace

Result<Events> Resource::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const RequestCommand& c) { return decide_request(state, c); },
                             [&](const DispatchCommand& c) { return decide_dispatch(state, c); },
                             [&](const ConfirmCommand& c) { return decide_confirm(state, c); },
                             [&](const EndCommand& c) { return decide_end(state, c); },
                             [&](const NotifyRepresentation& c) { return decide_notify(state, c); }},
                    command);
}

}  // namespace ocf::resource
