// The use cases of the cloud, as every face calls them: authorize → load → decide → append, and the queries.
// The gateway, HTTP and later gRPC stand above it; the aggregates, read models and seams below.
#pragma once

#include "account/administration.hpp"
#include "account/authorization.hpp"
#include "account/holder.hpp"
#include "base/limits.hpp"
#include "cloud/aggregates.hpp"
#include "cloud/audit.hpp"
#include "cloud/channel.hpp"
#include "cloud/cursor.hpp"
#include "cloud/error.hpp"
#include "cloud/metrics.hpp"
#include "cloud/owner_rates.hpp"
#include "cloud/protocol_log.hpp"
#include "cloud/read_models.hpp"
#include "cloud/refusals.hpp"
#include "cloud/traces.hpp"
#include "device/device.hpp"
#include "directory/directory.hpp"
#include "es/event_bus.hpp"
#include "es/event_store.hpp"
#include "links/links.hpp"
#include "net/clock.hpp"
#include "net/gate.hpp"
#include "resource/resource.hpp"
#include "shadow/shadow.hpp"
#include "telemetry/log.hpp"
#include "telemetry/trace_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ocf::cloud {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Who calls. The token came with the request or, on a channel, with its sign-in (G5, G6, S3); the principal
// is what the Authorization context made of it.
struct Caller {
  Caller() = default;
  Caller(std::string token_, account::Principal principal_)
      : token(std::move(token_)), principal(std::move(principal_)) {}
  std::string token;
  account::Principal principal;
  std::optional<Time> expires;    // the caller's access ends here
  telemetry::TraceContext trace;  // of the one request, where its face knows such; a command begins one
};

struct SignIn {
  SignIn(DeviceId device_, std::string access_token_)
      : device(device_), access_token(std::move(access_token_)) {}
  DeviceId device;
  std::string access_token;
  std::string uid;
  std::optional<DeviceId> certificate_device;
  std::string peer;       // "192.0.2.7:40112"
  std::string transport;  // "tcp", "TLSv1.2"
};

// A signed-in device's session: what the gateway shows with everything it says for the device.
struct DeviceSession {
  Caller caller;
  device::DeviceKey key;
  account::Owner owner;
  device::Epoch epoch = 0;
  bool in_sync = false;       // synchronize() was told in this session
  std::optional<Bytes> etag;  // the device-wide one up to which the shadow is true; nullopt: nobody knows

  account::Subject subject() const { return {key.tenant, key.device, owner}; }
};

// A device's word about one of its resources.
struct Notification {
  Href href;
  resource::Content content;
  Bytes etag;
  std::uint64_t sequence = 0;  // counts what the device said in this session
};

// A device's answer to a Dispatch.
struct Confirmation {
  es::CorrelationId correlation;
  Href href;
  resource::Status status = resource::Status::content;
  resource::Content content;
  Bytes etag;
  std::uint64_t sequence = 0;
};

// What a caller wants done on a device's resource.
struct Request {
  Request(DeviceId device_, Href href_, resource::Operation operation_)
      : device(device_), href(std::move(href_)), operation(operation_) {}
  DeviceId device;
  Href href;
  resource::Operation operation;
  std::string query;  // for the device: "if=oic.if.baseline"; empty: none
  resource::Content content;
  bool live = false;  // retrieve: ask the device although the shadow knows
  std::optional<std::chrono::seconds>
      time_to_live;               // wait so long for an offline device; nullopt: refuse at once
  std::string_view face;          // "HTTP", "CoAP": where it came in, for its trace
  es::CorrelationId correlation;  // of the command, if it becomes one; empty: the cloud chooses
};

struct Answer {
  resource::Status status = resource::Status::content;
  resource::Content content;
  Bytes etag;
  bool from_device = false;         // false: from the shadow
  es::CorrelationId correlation;    // of the command, if there was one
  bool online = false;              // the device, at this moment
  Time time{};                      // when the device said this
  std::optional<Time> stale_since;  // from when on the device may have changed it; nullopt: it is in sync
  std::string interface;            // of the answer: the one asked for, or the resource's default one
  bool by_default = false;          // the resource's representation as the shadow keeps it, no other view
};

// From what is known of one of the device's resources, without `stale_since` and `interface`.
Answer answer_of(const directory::DeviceEntry& device, const shadow::Representation& known);

// A resource of a device, with what the shadow knows of it.
struct ResourceView {
  Link link;
  std::optional<shadow::Representation> representation;
  std::optional<Time> stale_since;  // as in Answer
};

// From when on what the shadow knows may not be true any more; nullopt: it is in sync. Of what cannot be
// observed only the moment of reading is known.
std::optional<Time> stale_since(const directory::DeviceEntry& device, const Link& link,
                                const shadow::Representation& known);

// Of all links of the device, the status resource among them.
std::vector<ResourceView> resource_views(const directory::DeviceView& device,
                                         const std::map<Href, shadow::Representation>& known);

// A page of what happened, oldest first.
struct History {
  std::vector<es::RecordedEvent> events;
  std::uint64_t more = 0;  // the place before which there are older ones; 0: there are none
};

// A link that was found, with what the shadow knows of its resource.
struct FoundRepresentation {
  directory::FoundLink link;
  shadow::Representation representation;
};

// Events as outside consumers read them: filtered, resumable, from any place of the log.
struct FeedFilter {
  std::optional<DeviceId> device;
  std::optional<Href> href;
};
struct FeedEvent {
  es::RecordedEvent recorded;
  std::string cursor;  // where to resume behind this event
  // The first event by which a feed sees that it began too far back: events between its cursor and here may
  // have been trimmed.
  bool resync = false;
};

class Cloud;
class Feed;
class Past;
class PlaceOfPast;
using PastPlace = std::shared_ptr<const PlaceOfPast>;
class Point;
class Retention;

// Names one resource of one registration.
struct WatchKey {
  device::DeviceKey device;
  Href href;
  friend auto operator<=>(const WatchKey&, const WatchKey&) = default;
};

// A running observation of one resource, as CoAP clients ask for it. Destroying it ends it; the cloud
// outlives it.
class Watch {
 public:
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  friend class Cloud;
  Watch(Cloud& cloud, WatchKey key, std::function<void(const shadow::Representation*)> changed);

  Cloud& cloud_;
  std::function<void(const shadow::Representation*)> changed_;
  std::multimap<WatchKey, Watch*>::iterator registered_;
};

// A running observation of the links that a caller may find. Destroying it ends it; the cloud outlives it.
class DirectoryWatch {
 public:
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  friend class Cloud;
  DirectoryWatch(Cloud& cloud, account::Access access, std::function<void()> changed);

  Cloud& cloud_;
  account::Access access_;
  std::function<void()> changed_;
  std::list<DirectoryWatch*>::iterator registered_;
};

// One per process today; lives on the one shard where all its callers live. Outlives every Channel. Awaited
// functions resume on the shard. Errors of every function, where not said otherwise:
// AuthorizationError::unavailable, StoreError::{unavailable, outcome_unknown, conflicts_exhausted};
// ResourceError::permission_denied and its like never reach a caller who may not even see the device: that is
// CloudError::not_found.
class Cloud {
 public:
  struct Parts {
    es::EventStore& store;  // an AnnouncingStore on the same bus
    es::EventBus& bus;
    account::Authorization& authorization;
    const Limits& limits;
    std::function<Time()> now;
    std::string gateway_id;
    telemetry::Log log = nullptr;  // what happens without a caller; may be empty
  };
  explicit Cloud(Parts parts);
  ~Cloud();

  // Folds the whole log into the read models, then ends what a former run left open: devices shown online,
  // commands that were dispatched. Errors: of the store.
  awaitable<Result<void>> start();
  // Sets the devices that are still connected offline. Nothing is accepted afterwards.
  awaitable<void> stop();
  // Ends what runs without a caller and leaves everything else as it is, as a crash would; part of stop().
  awaitable<void> stop_background();

  // -- Account: what devices ask before and around their sessions.
  // Errors: AuthorizationError, too_many_devices.
  awaitable<Result<account::SignedUp>> sign_up(account::SignUp request);
  awaitable<Result<account::Tokens>> refresh(account::Refresh request);
  // The newest session wins: an older channel of the same device is closed. Commands that waited for the
  // device are offered to the channel before this returns. Errors: AuthorizationError::refused.
  awaitable<Result<DeviceSession>> sign_in(SignIn request, Channel& channel);
  // The same device signs in again on the connection of its session, usually with a refreshed token: the
  // session goes on with it. Errors: AuthorizationError::refused.
  awaitable<Result<Caller>> renew(DeviceSession session, SignIn request);
  // Ends a session, if it is still the current one; what was dispatched and not answered ends as outcome
  // unknown.
  awaitable<void> disconnect(DeviceSession session, device::Disconnection reason);
  // Removes the device: tokens revoked, registration ended. Errors: not_found, permission_denied.
  awaitable<Result<void>> remove_device(Caller caller, DeviceId device);
  // Sign-off by a device that is not signed in but shows its access token. Errors: AuthorizationError.
  awaitable<Result<void>> sign_off(account::Check token, DeviceId device);
  // Who is behind a bearer token. Errors: AuthorizationError.
  awaitable<Result<Caller>> authenticate(std::string bearer_token);
  // Before each request of a caller, on every face: whether its owner may ask now. Errors: too_many_requests.
  Result<void> admit(const Caller& caller);

  // -- Hosting: what the gateway says for a signed-in device. Errors: LinksError, ResourceError, fenced.
  // A lifetime of 0 has no end; after another, and a grace, the links are unpublished unless they were
  // published again.
  awaitable<Result<std::vector<Link>>> publish(DeviceSession session, std::vector<Link> links,
                                               std::string name, std::chrono::seconds lifetime = {});
  awaitable<Result<void>> unpublish(DeviceSession session, std::vector<std::int64_t> instances);
  awaitable<Result<void>> notify(DeviceSession session, Notification notification);
  awaitable<Result<void>> confirm(DeviceSession session, Confirmation confirmation);
  // Every published resource was answered for in this session: the shadow is true, up to this device-wide
  // ETag (empty: the device gives none).
  awaitable<Result<void>> synchronize(DeviceSession session, Bytes etag);
  // The ETag of what the shadow knows; nullopt: it knows nothing.
  std::optional<Bytes> known_etag(const device::DeviceKey& key, const Href& href) const;
  // The links of the device as they stand.
  std::vector<Link> links_of(const device::DeviceKey& key) const;

  // -- Using: what clients, people and services ask.
  // Create, update and delete go to the device; a retrieval is answered from the shadow, unless it is live,
  // asks for another interface than the default one, or the shadow knows nothing. Errors: CloudError,
  // ResourceError.
  awaitable<Result<Answer>> request(Caller caller, Request request);
  awaitable<Result<std::vector<directory::FoundLink>>> find(Caller caller, directory::Filter filter);
  // Of those, the ones that the shadow knows.
  awaitable<Result<std::vector<FoundRepresentation>>> find_representations(Caller caller,
                                                                           directory::Filter filter);
  awaitable<Result<std::vector<directory::DeviceView>>> devices(Caller caller);
  awaitable<Result<directory::DeviceView>> device(Caller caller, DeviceId device);
  // All resources of a device, by href. Errors: not_found.
  awaitable<Result<std::vector<ResourceView>>> resources(Caller caller, DeviceId device);
  // The newest events of one resource of the current registration, or of the device and its links if no href
  // is given, oldest first; before a place that History::more of the same question named. Errors: not_found.
  awaitable<Result<History>> history(Caller caller, DeviceId device, std::optional<Href> href,
                                     std::uint64_t before = UINT64_MAX);

  // -- As it was at a point, in the registration that the caller may read now; another one does not exist.
  // A time (RFC 3339) or a cursor. Errors: malformed_point, point_in_future.
  Result<Point> point(std::string_view text) const;
  // The device, of which the caller folds more as it needs it. Errors: not_found, history_trimmed,
  // too_many_pasts (pasts_max are being folded, or pasts_per_owner_max for this owner). In a place that the
  // caller has already, of another past, or in one of its own.
  awaitable<Result<Past>> past(Caller caller, DeviceId device, Point point, PastPlace place = nullptr);
  // Of the devices that the caller may read now, those that were registered then. Errors: history_trimmed,
  // too_many_pasts.
  awaitable<Result<std::vector<directory::DeviceView>>> devices_at(Caller caller, Point point);

  // What was refused in the name of a device since it was registered, newest first. Errors: not_found.
  awaitable<Result<std::vector<device::Refusal>>> refusals(Caller caller, DeviceId device);
  // Of all devices and addresses: for administrators.
  Refusals& refusals() { return refusals_; }
  // Whatever is refused, on every face: counts it, keeps it for who asks, and logs it, those that are alike
  // ten times and then at each power of ten. Its limit counts who hit it.
  void note(device::Refusal refusal);

  // Who did what to the devices that the caller may read, as the log tells it, newest first; from now, or
  // from a cursor of an earlier page, back into the past. Looks at so many events at most, of which all may
  // be others': a page may be short, or empty, and have a cursor all the same. Errors: malformed_cursor.
  awaitable<Result<AuditPage>> audit(Caller caller, AuditFilter filter, std::string cursor);
  // What administrators had the hub do: kept in the log, and seen by nobody but them.
  awaitable<Result<void>> record(account::Tenant tenant, std::string by, account::AdministrativeAct act);
  // The newest that are wanted, newest first; acts are of no device.
  awaitable<Result<std::vector<es::RecordedEvent>>> administration(account::Tenant tenant,
                                                                   AuditFilter filter);

  // The messages between the device and its gateway from now on. Errors: not_found, too_many_protocol_logs
  // (of all, or of the caller's owner).
  awaitable<Result<std::unique_ptr<ProtocolLog>>> protocol_log(Caller caller, DeviceId device);
  // For gateways, which say what there is to read.
  ProtocolLogs& protocol_logs() { return protocol_logs_; }

  // The way of a command, if it is remembered and the caller may read its device. Errors: not_found.
  awaitable<Result<Trace>> trace(Caller caller, es::CorrelationId correlation);
  // Of all commands: for the faces, which note what they see, and for administrators.
  Traces& traces() { return traces_; }

  Metrics& metrics() { return metrics_; }
  // Looks at each device and pending command.
  Levels levels() const;

  // The callback gets every change from now on, in order, on the shard, and nullptr once when the resource is
  // gone or the caller lost its access. Read after this, so that nothing falls between. Errors: not_found.
  using Watcher = std::function<void(const shadow::Representation*)>;
  awaitable<Result<std::unique_ptr<Watch>>> watch(Caller caller, DeviceId device, Href href, Watcher watcher);

  // The callback is called after each stored batch by which links came, changed or went that the caller may
  // find, on the shard; it must not begin or end a watch. Read after this, so that nothing falls between.
  awaitable<Result<std::unique_ptr<DirectoryWatch>>> watch_directory(Caller caller,
                                                                     std::function<void()> changed);

  // Errors: malformed_cursor. An empty cursor: from now on.
  awaitable<Result<std::unique_ptr<Feed>>> feed(Caller caller, FeedFilter filter, std::string cursor);

  // Everything that is known now; for administrators.
  const ReadModels& read_models() const { return models_; }

  // The clock by which everything here ends; it never goes back.
  Time now() const { return parts_.now(); }

  const std::string& gateway_id() const { return parts_.gateway_id; }

 private:
  friend class DirectoryWatch;
  friend class Feed;
  friend class PlaceOfPast;
  friend class Watch;

  struct Connected {
    Channel* channel = nullptr;
    device::Epoch epoch = 0;
  };
  struct KnownAccess {
    account::Access access;
    std::optional<Time> expires;
  };
  // A caller that waits for its command to end; lives in the coroutine of request().
  struct Waiter {
    net::SteadyTimer ended;
    std::optional<resource::Resource::Event> how;
  };

  // What the token's owner may do now: token and access are asked again when the answer is older than 5 s or
  // something changed.
  awaitable<Result<account::Access>> access_of(Caller caller);
  account::Access access_as(account::Principal principal) const;

  awaitable<Result<Caller>> check(account::Check request);
  awaitable<Result<void>> claim(const account::SignedUp& signed_up, DeviceId device);
  awaitable<Result<void>> remove(account::Access access, DeviceId device, std::string traceparent);
  awaitable<void> end_commands(device::DeviceKey key, resource::Ending ending,
                               device::Epoch dispatched_before);
  // Whether this ended it. Of `pending` only device, owner, href and correlation are needed; the owner is the
  // one whom the command was accepted for: by now the device may be somebody else's.
  awaitable<bool> end_command(pending::PendingCommand pending, resource::Ending ending);
  // Commands that wait are dispatched to the device's session, if it has one (the communication lock of G4).
  awaitable<void> offer_waiting(device::DeviceKey key);
  // One of them, of which any number may be under way: whoever stored the dispatch hands the command over.
  awaitable<void> offer(pending::PendingCommand waiting);
  // To the session that it was dispatched to; if that has ended, so does the command.
  awaitable<void> hand_over(pending::PendingCommand dispatched, device::Epoch epoch);
  // Those that an offer had to leave, and those that came to light behind a gap.
  awaitable<void> offer_left();
  void leave_waiting();
  awaitable<Result<Answer>> command(account::Access access, device::DeviceKey key, account::Owner owner,
                                    Request request, telemetry::TraceContext trace);
  // The current registration of a device that the access may read; nullptr: not_found. Do not keep it across
  // an await.
  const directory::DeviceEntry* visible(const account::Access& access, const DeviceId& device) const;
  awaitable<void> sweep(net::Gate::Holder inside);
  awaitable<std::size_t> settle();
  awaitable<void> expire_commands();
  awaitable<void> expire_commands(std::vector<pending::PendingCommand> over, Time now);
  awaitable<void> expire_links();
  awaitable<void> expire_links(device::DeviceKey key, Time ended_by);
  awaitable<void> disconnect_unheld(device::Disconnection reason);
  awaitable<void> disconnect_if_unheld(DeviceSession session, device::Disconnection reason);
  // Whether a channel of this session, or of a later one, is open.
  bool is_held(const device::DeviceKey& key, device::Epoch epoch) const;
  // What the session that the command was dispatched to says of it.
  Channel::Asked asked(const pending::PendingCommand& command) const;
  void forget_channel(const DeviceSession& session);

  Result<PastPlace> enter_past(const account::Principal& asking);

  void count_check(const Error& error);
  void count_command(resource::Operation operation, const Result<Answer>& answer, SteadyTime begun);
  void on_batch(const es::EventBatch& batch);
  void fold(const es::EventBatch& batch);
  awaitable<Result<void>> catch_up(es::Partition partition);
  awaitable<void> catch_up_later(es::Partition partition, net::Gate::Holder inside);
  // What is missing behind a gap; a partition stays among those until it was read.
  awaitable<void> close_gap(es::Partition partition);
  awaitable<void> close_gaps();
  // What the store could not take earlier.
  awaitable<void> try_again();
  void tell_watchers(const es::RecordedEvent& recorded);
  void tell_directory_watchers(const es::EventBatch& batch);
  void tell_waiter(const es::RecordedEvent& recorded);
  void begin_trace(const es::CorrelationId& correlation, const account::Access& access,
                   const device::DeviceKey& key, const Request& request, telemetry::TraceContext context);
  void trace_stored(const es::RecordedEvent& recorded);
  // What the events of a command that is traced say of it.
  std::string traceparent_of(const es::CorrelationId& correlation) const;

  const Connected* connected(const device::DeviceKey& key) const;
  es::Envelope envelope(const account::Access& access, const account::Subject& subject) const;
  es::Envelope envelope(const DeviceSession& session, const account::Access& access,
                        std::uint64_t sequence = 0) const;

  Parts parts_;
  ReadModels models_;
  Refusals refusals_;
  Metrics metrics_;
  Traces traces_;
  ProtocolLogs protocol_logs_;
  OwnerRates owner_rates_;
  std::multiset<std::pair<account::Tenant, account::Owner>> claiming_;  // sign-ups that go on
  std::multiset<device::DeviceKey> requesting_;                         // commands that are not stored yet
  Aggregates<account::Holder> holders_;
  Aggregates<account::Administration> administration_;
  Aggregates<device::Device> devices_;
  Aggregates<links::Links> links_;
  Aggregates<resource::Resource> resources_;

  std::map<device::DeviceKey, Connected> channels_;
  std::unordered_map<std::string, KnownAccess> known_access_;  // by token
  std::unordered_map<es::CorrelationId, Waiter*> waiters_;
  // Commands that wait although their device may be online: the sweep offers them. Who finds such a command
  // dispatched has to hand it over: the store did not say so when it was.
  std::unordered_map<es::CorrelationId, device::DeviceKey> unoffered_;
  std::multimap<WatchKey, Watch*> watches_;
  std::list<DirectoryWatch*> directory_watches_;
  std::list<Feed*> feeds_;
  std::optional<net::SteadyTimer> sweep_timer_;
  std::unique_ptr<Retention> retention_;
  net::Gate background_;  // what runs without a caller: the sweeps, catching up
  net::Gate pasts_;       // who folds the past
  std::multiset<std::pair<account::Tenant, account::Owner>> pasts_of_;
  bool may_be_ahead_ = true;  // commands of a former run may be of later than now
  bool unheld_ = false;       // something of a session could not be stored: the sweep looks for what is left
  int sweeps_to_wait_ = 0;    // before the next try: the last one found the store away
  std::set<es::Partition> gaps_;  // of the read models
  es::EventBus::Subscription bus_subscription_;
  account::Authorization::Subscription access_subscription_;
};

}  // namespace ocf::cloud
