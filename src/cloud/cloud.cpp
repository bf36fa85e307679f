#include "cloud/cloud.hpp"

#include "cloud/feed.hpp"
#include "cloud/retention.hpp"
#include "net/abreast.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::cloud {
namespace {

constexpr std::size_t states_kept_max = 20'000;
constexpr std::size_t page = 1000;
constexpr std::chrono::milliseconds sweep_interval{250};

}  // namespace

Cloud::Cloud(Parts parts)
    : parts_(std::move(parts)),
      models_(parts_.store.partitions()),
      refusals_(parts_.limits),
      traces_(parts_.limits, metrics_.limit_hits),
      protocol_logs_(parts_.limits, metrics_.limit_hits),
      owner_rates_(parts_.limits.owner_requests_per_second),
      holders_(parts_.store, states_kept_max),
      administration_(parts_.store, 1),
      devices_(parts_.store, states_kept_max),
      links_(parts_.store, states_kept_max),
      resources_(parts_.store, states_kept_max),
      retention_(std::make_unique<Retention>(
          Retention::Parts{parts_.store, models_, parts_.limits, parts_.now, metrics_, parts_.log})) {}

Cloud::~Cloud() = default;

awaitable<Result<void>> Cloud::start() {
  for (es::Partition partition = 0; partition < parts_.store.partitions(); ++partition) {
    const auto folded = co_await catch_up(partition);
    if (!folded) co_return folded.error();
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  sweep_timer_.emplace(executor);  // whoever is told by the bus may have to catch up on it
  bus_subscription_ = parts_.bus.subscribe([this](const es::EventBatch& batch) { on_batch(batch); });
  access_subscription_ =
      parts_.authorization.on_change([this](const account::Tenant&) { known_access_.clear(); });
  co_await disconnect_unheld(device::Disconnection::hub_stopped);
  auto inside = background_.enter();
  if (inside) boost::asio::co_spawn(executor, sweep(std::move(*inside)), boost::asio::detached);
  inside = background_.enter();
  if (inside) boost::asio::co_spawn(executor, retention_->run(std::move(*inside)), boost::asio::detached);
  co_return Result<void>();
}

awaitable<void> Cloud::stop_background() {
  background_.close();
  pasts_.close();
  if (sweep_timer_) sweep_timer_->cancel();
  retention_->stop();
  co_await background_.left();
  co_await pasts_.left();
}

awaitable<void> Cloud::stop() {
  co_await stop_background();
  for (Feed* feed : feeds_) feed->cancel();
  for (const auto& [correlation, waiter] : waiters_) waiter->ended.cancel();
  channels_.clear();
  co_await disconnect_unheld(device::Disconnection::hub_stopped);
}

// -- Who may do what

awaitable<Result<Caller>> Cloud::check(account::Check request) {
  std::string token = request.token;
  auto checked = co_await parts_.authorization.check(std::move(request));
  count_check(checked ? Error() : checked.error());
  if (!checked) co_return checked.error();
  Caller caller(std::move(token), std::move(checked->principal));
  caller.expires = checked->expires;
  co_return caller;
}

awaitable<Result<Caller>> Cloud::authenticate(std::string bearer_token) {
  account::Check request(std::move(bearer_token), parts_.now());
  co_return co_await check(std::move(request));
}

awaitable<Result<account::Access>> Cloud::access_of(Caller caller) {
  constexpr std::chrono::seconds fresh{5};
  constexpr std::size_t kept_max = 10'000;
  const Time now = parts_.now();
  const auto known = known_access_.find(caller.token);
  // The clock may have been set back meanwhile.
  if (known != known_access_.end() && known->second.access.as_of <= now &&
      now - known->second.access.as_of < fresh && (!known->second.expires || now < *known->second.expires)) {
    co_return known->second.access;
  }
  account::Check request(caller.token, now);
  if (caller.principal.kind == account::Principal::Kind::device) request.device = caller.principal.device;
  const auto checked = co_await parts_.authorization.check(std::move(request));
  count_check(checked ? Error() : checked.error());
  if (!checked) co_return checked.error();
  auto access = co_await parts_.authorization.access(checked->principal, now);
  if (!access) co_return access.error();
  if (known_access_.size() >= kept_max) known_access_.clear();
  known_access_.insert_or_assign(caller.token, KnownAccess{*access, checked->expires});
  co_return access;
}

account::Access Cloud::access_as(account::Principal principal) const {
  account::Access access;
  access.principal = std::move(principal);
  access.as_of = parts_.now();
  return access;
}

es::Envelope Cloud::envelope(const account::Access& access, const account::Subject& subject) const {
  es::Audit audit;
  audit.principal = access.principal.text();
  audit.owner = subject.owner.text();
  return {parts_.now(), std::move(audit)};
}

es::Envelope Cloud::envelope(const DeviceSession& session, const account::Access& access,
                             std::uint64_t sequence) const {
  es::Envelope result = envelope(access, session.subject());
  result.spoken = {session.epoch, sequence};
  result.fence = es::Fence{session.key.fence_key(), session.epoch};
  return result;
}

const Cloud::Connected* Cloud::connected(const device::DeviceKey& key) const {
  const auto found = channels_.find(key);
  return found == channels_.end() ? nullptr : &found->second;
}

// -- What is counted

void Cloud::count_check(const Error& error) {
  const bool is_refused = account::is_refusal_of_credentials(error);
  metrics_.authorization_checks.add(!error ? "allowed" : is_refused ? "refused" : "unavailable");
}

Levels Cloud::levels() const {
  Levels levels;
  levels.devices = models_.directory.size();
  levels.devices_online = channels_.size();
  levels.watches = watches_.size();
  levels.directory_watches = directory_watches_.size();
  levels.feeds = feeds_.size();
  levels.callers_waiting = waiters_.size();
  levels.commands_pending = models_.pending.size();
  for (es::Partition partition = 0; partition < parts_.store.partitions(); ++partition)
    levels.events_folded += models_.next(partition) - 1;
  return levels;
}

// -- What was stored reaches the read models, and from there whoever waits

void Cloud::on_batch(const es::EventBatch& batch) {
  if (models_.apply(batch)) {
    fold(batch);
    return;
  }
  // Published out of order, or a batch was missed: the log has it all.
  metrics_.read_model_gaps.add();
  gaps_.insert(batch->front().position.partition);
  auto inside = background_.enter();
  if (!inside) return;
  boost::asio::co_spawn(sweep_timer_->get_executor(),
                        catch_up_later(batch->front().position.partition, std::move(*inside)),
                        boost::asio::detached);
}

void Cloud::fold(const es::EventBatch& batch) {
  for (const es::RecordedEvent& recorded : *batch) {
    trace_stored(recorded);
    tell_waiter(recorded);
    tell_watchers(recorded);
  }
  tell_directory_watchers(batch);
  for (Feed* feed : feeds_) feed->wake();
}

awaitable<Result<void>> Cloud::catch_up(es::Partition partition) {
  for (;;) {
    const es::Offset from = models_.next(partition);
    const auto slice = co_await parts_.store.read_partition(partition, from, page);
    if (!slice) co_return slice.error();
    if (models_.next(partition) != from) continue;  // somebody else was quicker, and told who waits
    models_.apply_log(partition, *slice);
    fold(slice->events);
    if (slice->next == from) co_return Result<void>();
  }
}

awaitable<void> Cloud::catch_up_later(es::Partition partition, net::Gate::Holder) {
  co_await close_gap(partition);
}

awaitable<void> Cloud::close_gap(es::Partition partition) {
  const auto folded = co_await catch_up(partition);
  if (!folded) {
    gaps_.insert(partition);  // a store that is away: the next sweep tries again
    co_return;
  }
  gaps_.erase(partition);
  leave_waiting();
}

awaitable<void> Cloud::close_gaps() {
  const std::vector<es::Partition> partitions(gaps_.begin(), gaps_.end());
  for (const es::Partition partition : partitions) co_await close_gap(partition);
}

void Cloud::tell_waiter(const es::RecordedEvent& recorded) {
  const auto waiter = waiters_.find(recorded.event.audit.correlation);
  if (waiter == waiters_.end()) return;
  auto event = resource::Resource::decode(recorded);
  if (!event || !*event) return;
  const bool ends = std::holds_alternative<resource::CommandAnswered>(**event) ||
                    std::holds_alternative<resource::CommandEnded>(**event);
  if (!ends) return;
  waiter->second->how = std::move(**event);
  waiter->second->ended.cancel();
}

void Cloud::trace_stored(const es::RecordedEvent& recorded) {
  const es::CorrelationId& correlation = recorded.event.audit.correlation;
  if (correlation.empty() || traces_.find(correlation) == nullptr) return;
  Hop hop = stored_hop(recorded);
  const auto event = resource::Resource::decode(recorded);
  if (event && *event) {
    if (const auto* dispatched = std::get_if<resource::CommandDispatched>(&**event))
      hop.what += ", to session epoch " + std::to_string(dispatched->epoch);
  }
  traces_.note(correlation, std::move(hop));
}

std::string Cloud::traceparent_of(const es::CorrelationId& correlation) const {
  const Trace* trace = traces_.find(correlation);
  return trace == nullptr ? std::string() : trace->context.traceparent();
}

// -- What time brings

awaitable<void> Cloud::sweep(net::Gate::Holder) {
  while (!background_.closed()) {
    sweep_timer_->expires_after(sweep_interval);
    co_await sweep_timer_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (background_.closed()) co_return;
    const std::size_t settled = co_await settle();
    if (settled > 0) {
      unheld_ = true;
      leave_waiting();
      sweeps_to_wait_ = 0;
    }
    co_await close_gaps();
    co_await expire_commands();
    co_await expire_links();
    co_await try_again();
  }
}

awaitable<void> Cloud::try_again() {
  if (sweeps_to_wait_ > 0) {
    --sweeps_to_wait_;
    co_return;
  }
  co_await offer_left();
  if (unheld_) co_await disconnect_unheld(device::Disconnection::closed);
  if (unheld_ || !unoffered_.empty()) sweeps_to_wait_ = 3;
}

// What an outage left unknown comes into the read models, too: of how many streams.
awaitable<std::size_t> Cloud::settle() {
  const std::size_t holders = co_await holders_.settle();
  const std::size_t devices = co_await devices_.settle();
  const std::size_t links = co_await links_.settle();
  const std::size_t resources = co_await resources_.settle();
  const std::size_t administration = co_await administration_.settle();
  co_return holders + devices + links + resources + administration;
}

awaitable<void> Cloud::expire_commands() {
  const Time now = parts_.now();
  std::vector<pending::PendingCommand> over = models_.pending.expired(now);
  // Before the hub started the clock was set back: what was accepted later than now would wait too long.
  if (may_be_ahead_) {
    std::vector<pending::PendingCommand> ahead =
        models_.pending.which([now](const auto& command) { return command.requested > now; });
    may_be_ahead_ = !ahead.empty();
    over.insert(over.end(), ahead.begin(), ahead.end());
  }
  // A device with many does not hold up the others'.
  std::map<device::DeviceKey, std::vector<pending::PendingCommand>> by_device;
  for (pending::PendingCommand& command : over) by_device[command.device].push_back(std::move(command));
  std::vector<std::vector<pending::PendingCommand>> devices;
  for (auto& [key, commands] : by_device) devices.push_back(std::move(commands));
  auto expire = [this, now](std::vector<pending::PendingCommand> commands) {
    return expire_commands(std::move(commands), now);
  };
  co_await net::abreast(std::move(devices), std::move(expire));
}

// Of one device.
awaitable<void> Cloud::expire_commands(std::vector<pending::PendingCommand> over, Time now) {
  for (const pending::PendingCommand& command : over) {
    if (background_.closed()) co_return;
    const auto ending = command.requested > now ? resource::Ending::canceled : resource::Ending::expired;
    if (asked(command) == Channel::Asked::answered) continue;  // it is about to be stored
    const bool is_ended = co_await end_command(command, ending);
    // A device that took a command and does not answer it in time is not online (G13). While the store is
    // away it may still answer.
    if (is_ended && asked(command) == Channel::Asked::awaited)
      connected(command.device)->channel->close(device::Disconnection::unresponsive);
  }
}

Channel::Asked Cloud::asked(const pending::PendingCommand& command) const {
  const Connected* channel = connected(command.device);
  if (channel == nullptr || channel->epoch != command.dispatched_to) return Channel::Asked::nothing;
  return channel->channel->asked(command.correlation);
}

awaitable<void> Cloud::expire_links() {
  const Time ended_by = parts_.now() - parts_.limits.link_lifetime_grace;
  auto expire = [this, ended_by](device::DeviceKey key) { return expire_links(std::move(key), ended_by); };
  std::vector<device::DeviceKey> devices = models_.directory.with_ended_links(ended_by);
  co_await net::abreast(std::move(devices), std::move(expire));
}

// Of one device.
awaitable<void> Cloud::expire_links(device::DeviceKey key, Time ended_by) {
  if (background_.closed()) co_return;
  const directory::DeviceEntry* device = models_.directory.known(key.tenant, key.device);
  links::ExpireLinks expire;
  expire.access = access_as(account::Principal::system(key.tenant));
  const bool is_current = device != nullptr && device->key == key;
  expire.subject = {key.tenant, key.device, is_current ? device->owner : account::Owner()};
  expire.ended_by = ended_by;
  es::Envelope audit = envelope(expire.access, expire.subject);
  // A store that is away: the next sweep tries again.
  const auto expired =
      co_await links_.handle(key.stream(links::stream_name), std::move(expire), std::move(audit));
  const Connected* channel = connected(key);
  if (expired && channel != nullptr) channel->channel->forget_unpublished();
}

// Devices that the directory shows online although no channel of theirs is open here, and commands that such
// channels took with them: a hub may have been killed after it stored the one and before the other, or the
// store was away.
awaitable<void> Cloud::disconnect_unheld(device::Disconnection reason) {
  unheld_ = false;
  auto end_session = [this, reason](DeviceSession session) {
    return disconnect_if_unheld(std::move(session), reason);
  };
  std::vector<DeviceSession> sessions;
  for (directory::Directory::Session& open : models_.directory.online()) {
    if (is_held(open.key, open.epoch)) continue;
    DeviceSession session;
    session.key = std::move(open.key);
    session.owner = std::move(open.owner);
    session.epoch = open.epoch;
    sessions.push_back(std::move(session));
  }
  co_await net::abreast(std::move(sessions), std::move(end_session));

  auto end = [this](pending::PendingCommand command) {
    return end_command(std::move(command), resource::Ending::outcome_unknown);
  };
  std::vector<pending::PendingCommand> commands =
      models_.pending.which([this](const pending::PendingCommand& command) {
        return command.dispatched_to != 0 && !is_held(command.device, command.dispatched_to);
      });
  co_await net::abreast(std::move(commands), std::move(end));
}

bool Cloud::is_held(const device::DeviceKey& key, device::Epoch epoch) const {
  const Connected* channel = connected(key);
  return channel != nullptr && channel->epoch >= epoch;
}

awaitable<void> Cloud::disconnect_if_unheld(DeviceSession session, device::Disconnection reason) {
  if (is_held(session.key, session.epoch)) co_return;
  // What is open is of an earlier session, whose words are refused since.
  const Connected* fenced = connected(session.key);
  if (fenced != nullptr) fenced->channel->close(device::Disconnection::superseded);
  co_await disconnect(std::move(session), reason);
}

awaitable<void> Cloud::end_commands(device::DeviceKey key, resource::Ending ending,
                                    device::Epoch dispatched_before) {
  std::vector<pending::PendingCommand> commands = models_.pending.of(key);
  std::erase_if(commands, [dispatched_before](const pending::PendingCommand& command) {
    return command.dispatched_to == 0 || command.dispatched_to >= dispatched_before;
  });
  auto end = [this, ending](pending::PendingCommand command) {
    return end_command(std::move(command), ending);
  };
  co_await net::abreast(std::move(commands), std::move(end));
}

awaitable<bool> Cloud::end_command(pending::PendingCommand pending, resource::Ending ending) {
  const device::DeviceKey& key = pending.device;
  resource::EndCommand command;
  command.issued.access = access_as(account::Principal::system(key.tenant));
  command.issued.subject = {key.tenant, key.device, pending.owner};
  command.issued.now = parts_.now();
  command.correlation = pending.correlation;
  command.ending = ending;
  es::Envelope audit = envelope(command.issued.access, command.issued.subject);
  audit.audit.correlation = pending.correlation;
  audit.audit.traceparent = traceparent_of(pending.correlation);
  const auto ended = co_await resources_.handle(resource::stream_of(key, pending.href), std::move(command),
                                                std::move(audit));
  // The device's answer may have come first: then that is how it ended. A store that is away: the next sweep
  // tries again.
  if (!ended && ended.error() != resource::make_error_code(resource::ResourceError::unknown_command))
    unheld_ = true;
  co_return ended && !(*ended)->empty();
}

}  // namespace ocf::cloud
