// Sign-up, sign-in, refresh, sign-out and sign-off: use cases around a device's session.
#include "cloud/cloud.hpp"

#include <limits>

namespace ocf::cloud {

using account::AuthorizationError;

awaitable<Result<account::SignedUp>> Cloud::sign_up(account::SignUp request) {
  const DeviceId id = request.device;
  auto signed_up = co_await parts_.authorization.sign_up(std::move(request));
  if (!signed_up) co_return signed_up.error();
  const account::Principal& principal = signed_up->principal;
  const std::pair owner(principal.tenant, principal.owner);
  const std::size_t others =
      models_.directory.owned_besides(principal.tenant, principal.owner, id) + claiming_.count(owner);
  if (others >= parts_.limits.devices_per_owner_max) {
    metrics_.limit_hits.hit("devices_per_owner_max");
    co_return CloudError::too_many_devices;
  }
  const auto place = claiming_.insert(owner);
  const auto claimed = co_await claim(*signed_up, id);
  claiming_.erase(place);
  if (!claimed) co_return claimed.error();
  co_return signed_up;
}

awaitable<Result<void>> Cloud::claim(const account::SignedUp& signed_up, DeviceId id) {
  const account::Principal& principal = signed_up.principal;
  account::Access access = access_as(account::Principal::gateway(principal.tenant));
  const account::Subject subject{principal.tenant, id, principal.owner};
  account::ClaimDevice claim{principal.owner, signed_up.grant};
  const es::StreamId stream = account::Holder::stream(principal.tenant, id);
  const auto claimed = co_await holders_.handle(stream, std::move(claim), envelope(access, subject));
  if (!claimed) co_return claimed.error();
  const auto holder = co_await holders_.load(stream);
  if (!holder) co_return holder.error();
  // Between the two it may have been released, and claimed by another.
  if (holder->owner != principal.owner) co_return AuthorizationError::held_by_another;

  const device::DeviceKey key(principal.tenant, id, holder->registration);
  device::RegisterDevice registration{principal.owner};
  const auto registered = co_await devices_.handle(key.stream(device::stream_name), std::move(registration),
                                                   envelope(access, subject));
  if (!registered) co_return registered.error();
  if (!(*registered)->empty()) refusals_.count_anew(id);
  co_return Result<void>();
}

Result<void> Cloud::admit(const Caller& caller) {
  const account::Principal& principal = caller.principal;
  if (owner_rates_.take(principal.tenant, principal.owner, net::steady_now())) return {};
  metrics_.limit_hits.hit("owner_requests_per_second");
  return CloudError::too_many_requests;
}

awaitable<Result<account::Tokens>> Cloud::refresh(account::Refresh request) {
  co_return co_await parts_.authorization.refresh(std::move(request));
}

awaitable<Result<DeviceSession>> Cloud::sign_in(SignIn request, Channel& channel) {
  account::Check token(request.access_token, parts_.now());
  token.device = request.device;
  token.uid = request.uid;
  token.certificate_device = request.certificate_device;
  auto caller = co_await check(std::move(token));
  if (!caller) co_return caller.error();

  const auto holder =
      co_await holders_.load(account::Holder::stream(caller->principal.tenant, request.device));
  if (!holder) co_return holder.error();
  if (holder->owner != caller->principal.owner) co_return AuthorizationError::refused;

  DeviceSession session;
  session.key = device::DeviceKey(caller->principal.tenant, request.device, holder->registration);
  session.owner = caller->principal.owner;
  session.caller = std::move(*caller);

  device::ConnectDevice connect;
  connect.access = access_as(account::Principal::gateway(session.key.tenant));
  connect.subject = session.subject();
  connect.gateway = parts_.gateway_id;
  connect.peer = std::move(request.peer);
  connect.transport = std::move(request.transport);
  es::Envelope audit = envelope(connect.access, connect.subject);
  audit.fence = es::FenceAtFirstEvent{session.key.fence_key()};
  const auto connection =
      co_await devices_.handle(session.key.stream(device::stream_name), std::move(connect), std::move(audit));
  if (!connection) {
    // Perhaps it is stored, and nobody holds the session.
    if (connection.error() == es::StoreError::outcome_unknown) unheld_ = true;
    co_return connection.error();
  }
  session.epoch = (*connection)->front().version;
  // Held from the moment in which it is stored: what has no channel is ended by the sweep.
  Connected& current = channels_[session.key];
  if (current.epoch > session.epoch) co_return CloudError::session_ended;
  Channel* superseded = std::exchange(current.channel, &channel);
  current.epoch = session.epoch;
  if (superseded != nullptr && superseded != &channel) superseded->close(device::Disconnection::superseded);
  const auto device = co_await devices_.load(session.key.stream(device::stream_name));
  if (!device) {
    forget_channel(session);
    unheld_ = true;
    co_return device.error();
  }
  session.etag = device->etag;
  co_await end_commands(session.key, resource::Ending::outcome_unknown, session.epoch);
  co_await offer_waiting(session.key);
  co_return session;
}

awaitable<Result<Caller>> Cloud::renew(DeviceSession session, SignIn request) {
  if (request.device != session.key.device) co_return AuthorizationError::refused;
  account::Check token(std::move(request.access_token), parts_.now());
  token.device = request.device;
  token.uid = std::move(request.uid);
  token.certificate_device = request.certificate_device;
  auto caller = co_await check(std::move(token));
  if (!caller) co_return caller.error();
  const Connected* current = connected(session.key);
  if (caller->principal != session.caller.principal || current == nullptr ||
      current->epoch != session.epoch) {
    co_return AuthorizationError::refused;
  }
  co_return caller;
}

void Cloud::forget_channel(const DeviceSession& session) {
  const auto current = channels_.find(session.key);
  if (current != channels_.end() && current->second.epoch == session.epoch) channels_.erase(current);
}

awaitable<void> Cloud::disconnect(DeviceSession session, device::Disconnection reason) {
  forget_channel(session);
  device::DisconnectDevice disconnect;
  disconnect.access = access_as(account::Principal::gateway(session.key.tenant));
  disconnect.subject = session.subject();
  disconnect.epoch = session.epoch;
  disconnect.reason = reason;
  disconnect.etag = session.etag;
  es::Envelope audit = envelope(session, disconnect.access);
  const auto done = co_await devices_.handle(session.key.stream(device::stream_name), std::move(disconnect),
                                             std::move(audit));
  const bool superseded = !done && done.error() == es::make_error_code(es::StoreError::fenced);
  if (!done && !superseded) unheld_ = true;
  co_await end_commands(session.key, resource::Ending::outcome_unknown, session.epoch + 1);
}

awaitable<Result<void>> Cloud::remove_device(Caller caller, DeviceId device) {
  std::string traceparent = caller.trace.traceparent();
  auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  co_return co_await remove(std::move(*access), device, std::move(traceparent));
}

awaitable<Result<void>> Cloud::sign_off(account::Check token, DeviceId device) {
  token.device = device;
  auto caller = co_await check(std::move(token));
  if (!caller) co_return caller.error();
  co_return co_await remove_device(std::move(*caller), device);
}

// In an order that can be repeated from any point: while the device stream still says "registered", a second
// try finds the device.
awaitable<Result<void>> Cloud::remove(account::Access access, DeviceId id, std::string traceparent) {
  const es::StreamId holder = account::Holder::stream(access.principal.tenant, id);
  const auto held = co_await holders_.load(holder);
  if (!held) co_return held.error();
  const directory::DeviceEntry* entry = models_.directory.known(access.principal.tenant, id);
  if (entry == nullptr && !held->owner) co_return CloudError::not_found;
  const account::Subject subject{access.principal.tenant, id, entry != nullptr ? entry->owner : *held->owner};
  if (!access.allows(subject, account::Right::read)) co_return CloudError::not_found;
  const bool is_registered = entry != nullptr;
  const device::DeviceKey key =
      is_registered ? entry->key : device::DeviceKey(subject.tenant, id, held->registration);

  es::Envelope audit = envelope(access, subject);
  audit.audit.traceparent = std::move(traceparent);
  // A sign-up that did not come to its end may have claimed the next registration: that goes.
  account::ReleaseDevice release{access, subject,
                                 held->owner == subject.owner ? held->registration : key.registration};
  const auto released = co_await holders_.handle(holder, std::move(release), audit);
  if (!released) co_return released.error();
  protocol_logs_.end(id);
  // Of somebody who took it over since an earlier try, nothing is revoked.
  if (!held->owner || held->owner == subject.owner) {
    const auto revoked = co_await parts_.authorization.sign_off(key.tenant, id, subject.owner, parts_.now());
    if (!revoked) co_return revoked.error();
  }
  if (!is_registered) co_return Result<void>();
  device::DeregisterDevice deregister{access, subject};
  audit.now = parts_.now();
  const auto deregistered =
      co_await devices_.handle(key.stream(device::stream_name), std::move(deregister), std::move(audit));
  if (!deregistered) co_return deregistered.error();

  const Connected* channel = connected(key);
  if (channel != nullptr) channel->channel->close(device::Disconnection::deregistered);
  for (const pending::PendingCommand& command : models_.pending.of(key)) {
    co_await end_command(command, resource::Ending::outcome_unknown);
  }
  co_return Result<void>();
}

}  // namespace ocf::cloud
