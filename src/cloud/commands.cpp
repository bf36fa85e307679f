// Create, retrieve, update and delete: what a caller asks of a device's resource, and how its answer comes
// back.
#include "base/printable.hpp"
#include "base/random.hpp"
#include "cloud/cloud.hpp"
#include "cloud/limit_of.hpp"
#include "cloud/query.hpp"
#include "net/abreast.hpp"
#include "net/shard.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::cloud {
namespace {

using resource::Operation;
using resource::Status;

// Beyond a command's time: the sweep ends commands, this only keeps a caller from waiting for ever if the
// store is away.
constexpr std::chrono::seconds patience{5};

// Whether the shadow can answer: no query, or only the interface that the resource has by default.
bool asks_for_default(const std::string& query, const Link& link) {
  return query.empty() || (!link.interfaces.empty() && query == "if=" + link.interfaces.front());
}

std::string interface_of(const std::string& query, const Link& link) {
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view part = take_part(rest);
    if (part.starts_with("if=")) return std::string(part.substr(3));
  }
  return link.interfaces.empty() ? std::string() : link.interfaces.front();
}

Result<Answer> answer_of(const resource::Resource::Event& event, const es::CorrelationId& correlation) {
  if (const auto* answered = std::get_if<resource::CommandAnswered>(&event)) {
    Answer answer;
    answer.status = answered->status;
    answer.content = answered->content;
    answer.from_device = true;
    answer.correlation = correlation;
    return answer;
  }
  switch (std::get<resource::CommandEnded>(event).ending) {
    case resource::Ending::canceled: return CloudError::command_canceled;
    case resource::Ending::expired: return CloudError::command_expired;
    case resource::Ending::outcome_unknown: return CloudError::outcome_unknown;
  }
  return CloudError::outcome_unknown;
}

std::string_view outcome_of(const Result<Answer>& answer) {
  if (answer) return resource::is_success(answer->status) ? "done" : "refused_by_device";
  const Error error = answer.error();
  if (error == CloudError::command_expired) return "expired";
  if (error == CloudError::command_canceled) return "canceled";
  if (error == CloudError::outcome_unknown) return "unknown";
  if (error == resource::ResourceError::device_offline) return "offline";
  if (error == resource::ResourceError::permission_denied) return "forbidden";
  if (error == resource::ResourceError::too_many_pending) return "too_many";
  return "failed";
}

}  // namespace

void Cloud::count_command(Operation operation, const Result<Answer>& answer, SteadyTime begun) {
  metrics_.commands.add(name_of(operation), outcome_of(answer));
  metrics_.command_seconds[static_cast<std::size_t>(operation)].observe(net::steady_now() - begun);
  if (!answer) metrics_.limit_hits.hit(limit_of(answer.error()));
}

std::optional<Time> stale_since(const directory::DeviceEntry& device, const Link& link,
                                const shadow::Representation& known) {
  if (!link.observable()) return known.time;
  if (device.in_sync) return std::nullopt;
  return std::max(device.stale_since, known.time);
}

void Cloud::begin_trace(const es::CorrelationId& correlation, const account::Access& access,
                        const device::DeviceKey& key, const Request& request,
                        telemetry::TraceContext context) {
  Trace trace;
  trace.correlation = correlation;
  trace.context = context.empty() ? telemetry::TraceContext::of(std::nullopt) : std::move(context);
  trace.device = key;
  trace.href = request.href;
  trace.operation = request.operation;
  traces_.begin(std::move(trace), parts_.now());
  std::string asked = access.principal.text() + " asks";
  if (!request.face.empty()) asked += " over " + std::string(request.face);
  asked += " to " + std::string(name_of(request.operation)) + ' ' + request.href.text();
  if (!request.query.empty()) asked += '?' + printable(request.query);
  traces_.note(correlation, Hop(Hop::Place::caller, std::move(asked)));
}

Answer answer_of(const directory::DeviceEntry& device, const shadow::Representation& known) {
  Answer answer;
  answer.content = known.content;
  answer.etag = known.etag;
  answer.online = device.online;
  answer.time = known.time;
  answer.by_default = true;
  return answer;
}

const directory::DeviceEntry* Cloud::visible(const account::Access& access, const DeviceId& device) const {
  const directory::DeviceEntry* entry = models_.directory.known(access.principal.tenant, device);
  if (entry == nullptr) return nullptr;
  return access.allows({entry->key.tenant, device, entry->owner}, account::Right::read) ? entry : nullptr;
}

awaitable<Result<Answer>> Cloud::request(Caller caller, Request request) {
  telemetry::TraceContext trace = std::move(caller.trace);
  auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  if (request.time_to_live && *request.time_to_live > parts_.limits.time_to_live_max) {
    metrics_.limit_hits.hit("time_to_live_max");
    co_return CloudError::time_to_live_too_long;
  }
  const auto query = check_query(request.query, parts_.limits);
  if (!query) {
    metrics_.limit_hits.hit(limit_of(query.error()));
    co_return query.error();
  }

  const directory::DeviceEntry* device = visible(*access, request.device);
  if (device == nullptr) co_return CloudError::not_found;
  const auto link = device->links.find(request.href);
  const bool is_status = request.href == directory::status_href();
  if (link == device->links.end() && !is_status) co_return CloudError::not_found;

  if (is_status && request.operation != Operation::retrieve) {
    Answer refusal;
    refusal.status = Status::method_not_allowed;
    co_return refusal;
  }
  const bool by_default = is_status || asks_for_default(request.query, link->second);
  std::string interface = is_status ? std::string() : interface_of(request.query, link->second);
  if (request.operation == Operation::retrieve && !request.live && by_default) {
    if (const shadow::Representation* known = models_.shadow.get(device->key, request.href)) {
      Answer answer = answer_of(*device, *known);
      if (!is_status) answer.stale_since = stale_since(*device, link->second, *known);
      answer.interface = std::move(interface);
      metrics_.shadow_answers.add();
      co_return answer;
    }
  }
  const Operation operation = request.operation;
  const SteadyTime begun = net::steady_now();
  auto answer =
      co_await command(std::move(*access), device->key, device->owner, std::move(request), std::move(trace));
  count_command(operation, answer, begun);
  if (answer) {
    answer->interface = std::move(interface);
    answer->by_default = by_default;
  }
  co_return answer;
}

awaitable<Result<Answer>> Cloud::command(account::Access access, device::DeviceKey key, account::Owner owner,
                                         Request request, telemetry::TraceContext context) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const Time now = parts_.now();
  const Time valid_until = now + (request.time_to_live ? *request.time_to_live : parts_.limits.command_time);
  const es::CorrelationId correlation =
      request.correlation.empty() ? es::CorrelationId(random_uuid()) : request.correlation;
  begin_trace(correlation, access, key, request, std::move(context));
  const Connected* channel = connected(key);

  resource::RequestCommand pending;
  pending.issued = {access, {key.tenant, key.device, owner}, now};
  pending.operation = request.operation;
  pending.correlation = correlation;
  pending.query = request.query;
  pending.content = request.content;
  pending.valid_until = valid_until;
  pending.waits_if_offline = request.time_to_live.has_value();
  if (channel != nullptr) pending.channel = channel->epoch;
  pending.pending_on_device = models_.pending.count(key) + requesting_.count(key);
  pending.pending_on_device_max = parts_.limits.pending_commands_per_device_max;
  const std::optional<device::Epoch> dispatched_to = pending.channel;
  es::Envelope audit = envelope(access, pending.issued.subject);
  audit.audit.correlation = correlation;
  audit.audit.traceparent = traceparent_of(correlation);
  if (dispatched_to) audit.fence = es::Fence{key.fence_key(), *dispatched_to};

  Waiter waiter{net::SteadyTimer(executor, valid_until - now + patience), std::nullopt};
  waiters_.emplace(correlation, &waiter);
  struct Forget {
    Cloud& cloud;
    const es::CorrelationId& correlation;
    ~Forget() { cloud.waiters_.erase(correlation); }
  };
  const Forget forget{*this, correlation};

  const auto place = requesting_.insert(key);
  const auto requested = co_await resources_.handle(resource::stream_of(key, request.href),
                                                    std::move(pending), std::move(audit));
  requesting_.erase(place);
  if (!requested) co_return requested.error();

  pending::PendingCommand stored;
  stored.device = key;
  stored.owner = owner;
  stored.href = request.href;
  stored.correlation = correlation;
  stored.operation = request.operation;
  stored.query = std::move(request.query);
  stored.content = std::move(request.content);
  stored.valid_until = valid_until;
  if (dispatched_to) {
    co_await hand_over(std::move(stored), *dispatched_to);
  } else {
    // The device may have signed in meanwhile, and its sign-in did not see the command yet.
    co_await offer(std::move(stored));
  }
  if (!waiter.how && !background_.closed())
    co_await waiter.ended.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (!waiter.how) co_return CloudError::outcome_unknown;
  auto answer = answer_of(*waiter.how, correlation);
  if (!answer) co_return answer;
  answer->online = true;
  answer->time = parts_.now();
  // A plain retrieval has become the resource's representation, and that has its ETag.
  const shadow::Representation* known = models_.shadow.get(key, request.href);
  if (request.operation == Operation::retrieve && known != nullptr && known->content == answer->content) {
    answer->etag = known->etag;
  }
  co_return answer;
}

awaitable<void> Cloud::offer_waiting(device::DeviceKey key) {
  std::vector<pending::PendingCommand> waiting = models_.pending.of(key);
  for (pending::PendingCommand& command : waiting) co_await offer(std::move(command));
}

awaitable<void> Cloud::offer(pending::PendingCommand waiting) {
  const Connected* channel = connected(waiting.device);
  const bool is_over = channel == nullptr || waiting.valid_until <= parts_.now();
  const bool is_elsewhere =
      waiting.dispatched_to != 0 &&
      (is_over || channel->epoch != waiting.dispatched_to || !unoffered_.contains(waiting.correlation));
  if (is_over || is_elsewhere) {
    unoffered_.erase(waiting.correlation);
    co_return;
  }
  const device::Epoch epoch = channel->epoch;
  DeviceSession session;
  session.key = waiting.device;
  session.owner = waiting.owner;
  session.epoch = epoch;
  resource::DispatchCommand dispatch;
  dispatch.issued.access = access_as(account::Principal::gateway(session.key.tenant));
  dispatch.issued.subject = session.subject();
  dispatch.issued.now = parts_.now();
  dispatch.correlation = waiting.correlation;
  dispatch.epoch = epoch;
  es::Envelope audit = envelope(session, dispatch.issued.access);
  audit.audit.correlation = waiting.correlation;
  audit.audit.traceparent = traceparent_of(waiting.correlation);
  const auto dispatched = co_await resources_.handle(resource::stream_of(session.key, waiting.href),
                                                     std::move(dispatch), std::move(audit));
  const bool was_left = unoffered_.erase(waiting.correlation) > 0;
  if (!dispatched) {
    // Other errors say that it ended in the meantime, or the session.
    const Error error = dispatched.error();
    const bool is_store_away = error == es::StoreError::unavailable ||
                               error == es::StoreError::outcome_unknown ||
                               error == es::StoreError::conflicts_exhausted;
    if (is_store_away) unoffered_.emplace(waiting.correlation, session.key);
    co_return;
  }
  if ((*dispatched)->empty() && !was_left) co_return;
  co_await hand_over(std::move(waiting), epoch);
}

awaitable<void> Cloud::hand_over(pending::PendingCommand dispatched, device::Epoch epoch) {
  const Connected* channel = connected(dispatched.device);
  if (channel == nullptr || channel->epoch != epoch) {
    co_await end_command(std::move(dispatched), resource::Ending::outcome_unknown);
    co_return;
  }
  Dispatch dispatch{std::move(dispatched.correlation), dispatched.operation, std::move(dispatched.href),
                    std::move(dispatched.query), std::move(dispatched.content)};
  channel->channel->offer(std::move(dispatch));
}

awaitable<void> Cloud::offer_left() {
  std::vector<pending::PendingCommand> left;
  std::erase_if(unoffered_, [&](const auto& entry) {
    const auto& [correlation, key] = entry;
    const pending::PendingCommand* command = models_.pending.find(key, correlation);
    if (command != nullptr) left.push_back(*command);
    return command == nullptr;
  });
  auto offer_one = [this](pending::PendingCommand command) { return offer(std::move(command)); };
  co_await net::abreast(std::move(left), std::move(offer_one));
}

void Cloud::leave_waiting() {
  for (const auto& [key, commands] : models_.pending.all()) {
    if (connected(key) == nullptr) continue;
    for (const pending::PendingCommand& command : commands) {
      if (command.dispatched_to == 0) unoffered_.emplace(command.correlation, key);
    }
  }
}

}  // namespace ocf::cloud
