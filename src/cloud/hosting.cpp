// Publish, unpublish, notify and confirm: what a gateway says for a signed-in device. Each is authorized with
// the channel's token and fenced with its session epoch.
#include "cbor/cbor.hpp"
#include "cloud/cloud.hpp"
#include "cloud/limit_of.hpp"

namespace ocf::cloud {
namespace {

constexpr std::uint16_t cbor_format = 60;
constexpr std::uint16_t ocf_cbor_format = 10000;

// Why content cannot be a resource's state; empty if it can. A limit that it is above is counted.
std::string invalid(const resource::Content& content, const Limits& limits, telemetry::LimitHits& hits) {
  if (!content.bytes) return "the message carries no representation";
  if (content.format != cbor_format && content.format != ocf_cbor_format) return "";
  const auto checked = cbor::check(*content.bytes, {limits.cbor_depth_max, limits.cbor_items_max});
  if (checked) return "";
  hits.hit(limit_of(checked.error()));
  return "the content is not valid CBOR: " + checked.error().message();
}

// The store's fence and the session that the caller believes in say the same thing.
Error session_error(const Error& error) {
  return error == es::make_error_code(es::StoreError::fenced) ? make_error_code(CloudError::session_ended)
                                                              : error;
}

// `appended` is what an event means.
std::string_view outcome_of(const Result<es::EventBatch>& notified, std::string_view appended) {
  if (!notified)
    return session_error(notified.error()) == CloudError::session_ended ||
                   notified.error() == resource::ResourceError::superseded_session
               ? "late"
               : "failed";
  return (*notified)->empty() ? "unchanged" : appended;
}

}  // namespace

awaitable<Result<std::vector<Link>>> Cloud::publish(DeviceSession session, std::vector<Link> links,
                                                    std::string name, std::chrono::seconds lifetime) {
  const auto access = co_await access_of(session.caller);
  if (!access) co_return access.error();
  links::PublishLinks publish;
  publish.access = *access;
  publish.subject = session.subject();
  publish.links = links;
  publish.name = std::move(name);
  publish.links_max = parts_.limits.links_per_device_max;
  publish.now = parts_.now();
  publish.lifetime = lifetime;
  const auto published = co_await links_.handle(session.key.stream(links::stream_name), std::move(publish),
                                                envelope(session, *access));
  if (!published) {
    metrics_.limit_hits.hit(limit_of(published.error()));
    co_return session_error(published.error());
  }
  const auto state = co_await links_.load(session.key.stream(links::stream_name));
  if (!state) co_return state.error();
  std::vector<Link> published_links;
  for (const Link& link : links) {
    const auto known = state->links.find(link.href);
    if (known != state->links.end()) published_links.push_back(known->second);
  }
  co_return published_links;
}

awaitable<Result<void>> Cloud::unpublish(DeviceSession session, std::vector<std::int64_t> instances) {
  const auto access = co_await access_of(session.caller);
  if (!access) co_return access.error();
  links::UnpublishLinks unpublish;
  unpublish.access = *access;
  unpublish.subject = session.subject();
  unpublish.instances = std::move(instances);
  const auto unpublished = co_await links_.handle(session.key.stream(links::stream_name),
                                                  std::move(unpublish), envelope(session, *access));
  if (!unpublished) co_return session_error(unpublished.error());
  co_return Result<void>();
}

awaitable<Result<void>> Cloud::notify(DeviceSession session, Notification notification) {
  const auto access = co_await access_of(session.caller);
  if (!access) co_return access.error();
  resource::NotifyRepresentation notify;
  notify.issued = {*access, session.subject(), parts_.now()};
  notify.invalid = invalid(notification.content, parts_.limits, metrics_.limit_hits);
  const std::string_view if_appended = notify.invalid.empty() ? "stored" : "rejected";
  notify.content = std::move(notification.content);
  notify.etag = std::move(notification.etag);
  notify.epoch = session.epoch;
  notify.sequence = notification.sequence;
  notify.anew = models_.shadow.get(session.key, notification.href) == nullptr;
  const auto notified =
      co_await resources_.handle(resource::stream_of(session.key, notification.href), std::move(notify),
                                 envelope(session, *access, notification.sequence));
  metrics_.notifications.add(outcome_of(notified, if_appended));
  if (!notified) co_return session_error(notified.error());
  co_return Result<void>();
}

awaitable<Result<void>> Cloud::confirm(DeviceSession session, Confirmation confirmation) {
  const auto access = co_await access_of(session.caller);
  if (!access) co_return access.error();
  resource::ConfirmCommand confirm;
  confirm.issued = {*access, session.subject(), parts_.now()};
  confirm.correlation = confirmation.correlation;
  confirm.status = confirmation.status;
  confirm.content = std::move(confirmation.content);
  confirm.etag = std::move(confirmation.etag);
  confirm.epoch = session.epoch;
  confirm.sequence = confirmation.sequence;
  confirm.anew = models_.shadow.get(session.key, confirmation.href) == nullptr;
  es::Envelope audit = envelope(session, *access, confirmation.sequence);
  audit.audit.correlation = confirmation.correlation;
  audit.audit.traceparent = traceparent_of(confirmation.correlation);
  const auto confirmed = co_await resources_.handle(resource::stream_of(session.key, confirmation.href),
                                                    std::move(confirm), std::move(audit));
  if (!confirmed) co_return session_error(confirmed.error());
  co_return Result<void>();
}

awaitable<Result<void>> Cloud::synchronize(DeviceSession session, Bytes etag) {
  const auto access = co_await access_of(session.caller);
  if (!access) co_return access.error();
  device::SynchronizeDevice synchronize;
  synchronize.access = *access;
  synchronize.subject = session.subject();
  synchronize.epoch = session.epoch;
  synchronize.etag = std::move(etag);
  const auto done = co_await devices_.handle(session.key.stream(device::stream_name), std::move(synchronize),
                                             envelope(session, *access));
  if (!done) co_return session_error(done.error());
  co_return Result<void>();
}

std::optional<Bytes> Cloud::known_etag(const device::DeviceKey& key, const Href& href) const {
  const shadow::Representation* known = models_.shadow.get(key, href);
  return known == nullptr ? std::nullopt : std::optional(known->etag);
}

std::vector<Link> Cloud::links_of(const device::DeviceKey& key) const {
  const directory::DeviceEntry* entry = models_.directory.known(key.tenant, key.device);
  std::vector<Link> links;
  if (entry == nullptr || entry->key != key) return links;
  for (const auto& [href, link] : entry->links) links.push_back(link);
  return links;
}

}  // namespace ocf::cloud
