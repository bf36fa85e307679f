#include "cloud/retention.hpp"

#include "account/principal.hpp"
#include "base/random.hpp"
#include "links/links.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace ocf::cloud {

using boost::asio::awaitable;

namespace {

constexpr std::size_t page = 1000;
constexpr std::size_t streams_max = 10'000;  // remembered before they are trimmed

std::string name_of(es::Partition partition) { return "partition " + std::to_string(partition); }

}  // namespace

std::uint64_t Cut::events() const {
  return static_cast<std::uint64_t>(
      std::count_if(gone.begin(), gone.end(), [](const Weight& weight) { return weight.may_go; }));
}

std::uint64_t Cut::bytes() const {
  std::uint64_t sum = 0;
  for (const Weight& weight : gone) sum += weight.bytes;
  return sum;
}

bool TrimPlan::add(const es::RecordedEvent& recorded) {
  if (recorded.event.time >= before_) return false;
  const auto event = resource::Resource::decode(recorded);
  if (!event || !*event) return false;
  state_ = resource::Resource::evolve(std::move(state_), **event);
  if (const auto* baseline = std::get_if<resource::BaselineTaken>(&**event)) {
    known_ = *baseline;
    said_ = recorded.position;
  } else {
    const auto* said = std::get_if<resource::ResourceRepresentationUpdated>(&**event);
    // One that came late changed nothing.
    if (said != nullptr && state_.representation == *said) {
      known_ = {*said, recorded.version, recorded.event.time, false};
      said_ = recorded.position;
    }
  }
  since_.push_back(weight_of(recorded));
  if (begin_ == 0) begin_ = recorded.version;
  if (recorded.version > begin_ && state_.waiting.empty()) {
    cut_ = Cut{recorded.version, recorded.position, said_, known_, recorded.event.audit.owner, {}};
    gone_ = since_.size();
  }
  return true;
}

std::optional<Cut> TrimPlan::take() {
  std::optional<Cut> cut = std::exchange(cut_, std::nullopt);
  if (!cut) return cut;
  begin_ = cut->first;
  const auto end = since_.begin() + static_cast<std::ptrdiff_t>(gone_);
  cut->gone.assign(since_.begin(), end);
  since_.erase(since_.begin(), end);
  return cut;
}

Retention::Retention(Parts parts)
    : parts_(std::move(parts)), counted_(parts_.store.partitions(), 1), by_age_(parts_.store.partitions()) {}

awaitable<void> Retention::run(net::Gate::Holder) {
  timer_.emplace(co_await boost::asio::this_coro::executor);
  while (!stopping_) {
    timer_->expires_after(parts_.limits.retention_interval);
    co_await timer_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!stopping_) co_await sweep();
  }
}

void Retention::stop() {
  stopping_ = true;
  if (timer_) timer_->cancel();
}

awaitable<void> Retention::sweep() {
  Swept swept;
  auto done = co_await count(swept);
  if (done) done = co_await sweep_by_age(swept);
  const std::vector<es::Tenant> tenants = bytes_.tenants();
  for (const es::Tenant& tenant : tenants) {
    if (done) done = co_await sweep_by_bytes(tenant, swept);
  }
  if (swept.events > 0) tell(swept);
  tell_of_trouble(swept, done);
}

// What was stored since the last time.
awaitable<Result<void>> Retention::count(Swept& swept) {
  for (es::Partition partition = 0; partition < counted_.size(); ++partition) {
    for (;;) {
      if (stopping_) co_return es::StoreError::closed;
      const auto slice = co_await parts_.store.read_partition(partition, counted_[partition], page);
      if (!slice && slice.error() == es::StoreError::corrupt) {
        swept.damaged.insert(name_of(partition));
        break;
      }
      if (!slice) co_return slice.error();
      if (slice->events->empty()) break;
      for (const es::RecordedEvent& recorded : *slice->events)
        bytes_.add(es::Tenant(std::string(recorded.stream.tenant())), weight_of(recorded));
      counted_[partition] = slice->next;
    }
  }
  co_return Result<void>();
}

awaitable<Result<void>> Retention::sweep_by_age(Swept& swept) {
  if (parts_.limits.retention_time.count() == 0) co_return Result<void>();
  const Time before = parts_.now() - parts_.limits.retention_time;
  const es::Tenant all;
  co_return co_await sweep(all, before, by_age_, swept);
}

// What goes is less than what could: something stays of each stream. So it is tried again a little later in
// time, until it fits or nothing is left that could go.
awaitable<Result<void>> Retention::sweep_by_bytes(es::Tenant tenant, Swept& swept) {
  Reach& reach = by_bytes_.try_emplace(tenant, parts_.store.partitions()).first->second;
  const std::uint64_t bytes_max = parts_.limits.retention_bytes_max;
  auto before = bytes_.cutoff(tenant, bytes_max, reach.before);
  if (before) parts_.metrics.limit_hits.hit("retention_bytes_max");
  while (before && !stopping_) {
    const auto done = co_await sweep(tenant, *before, reach, swept);
    if (!done) co_return done;
    before = bytes_.cutoff(tenant, bytes_max, reach.before);
  }
  co_return Result<void>();
}

awaitable<Result<void>> Retention::sweep(es::Tenant tenant, Time before, Reach& reach, Swept& swept) {
  for (es::Partition partition = 0; partition < reach.next.size(); ++partition) {
    if (stopping_) co_return es::StoreError::closed;
    const auto done = co_await sweep(partition, tenant, before, reach.next[partition], swept);
    if (!done && done.error() == es::StoreError::corrupt)
      swept.damaged.insert(name_of(partition));
    else if (!done)
      co_return done;
  }
  reach.before = std::max(reach.before, before);
  swept.before = std::max(swept.before, before);
  co_return Result<void>();
}

awaitable<Result<void>> Retention::sweep(es::Partition partition, es::Tenant tenant, Time before,
                                         es::Offset& next, Swept& swept) {
  std::set<es::StreamId> old;
  es::Offset from = next;
  for (bool is_done = false; !is_done && !stopping_;) {
    const auto slice = co_await parts_.store.read_partition(partition, from, page);
    if (!slice && slice.error() != es::StoreError::corrupt) co_return slice.error();
    const es::EventBatch events =
        slice ? slice->events : std::make_shared<const std::vector<es::RecordedEvent>>();
    is_done = events->empty();
    if (slice) from = slice->next;
    for (const es::RecordedEvent& recorded : *events) {
      if (recorded.event.time >= before) {
        from = recorded.position.offset;
        is_done = true;
        break;
      }
      const bool is_meant = tenant.text().empty() || recorded.stream.tenant() == tenant.text();
      if (is_meant && resource::href_of(recorded.stream)) old.insert(recorded.stream);
    }
    if (!is_done && old.size() < streams_max) continue;
    for (const es::StreamId& stream : std::exchange(old, {})) {
      if (stopping_) co_return Result<void>();
      const auto trimmed = co_await trim(stream, before, swept);
      if (!trimmed && trimmed.error() == es::StoreError::corrupt)
        swept.damaged.insert(stream.text());
      else if (!trimmed)
        co_return trimmed.error();
    }
    if (!slice) co_return slice.error();  // what comes before the damage is trimmed
    next = from;
  }
  co_return Result<void>();
}

awaitable<Result<void>> Retention::trim(es::StreamId stream, Time before, Swept& swept) {
  const auto executor = co_await boost::asio::this_coro::executor;
  TrimPlan plan(before);
  bool trimmed_any = false;
  for (es::Version after = 0;;) {
    const auto events = co_await parts_.store.read(stream, after);
    if (!events) co_return events.error();
    bool is_done = events->empty();
    for (const es::RecordedEvent& recorded : *events) {
      after = recorded.version;
      if (plan.add(recorded)) continue;
      is_done = true;
      break;
    }
    if (auto found = plan.take()) {
      const std::uint64_t gone = found->events(), bytes = found->bytes();
      const auto is_cut = co_await cut(stream, std::move(*found));
      if (!is_cut) co_return is_cut.error();
      swept.events += gone;
      swept.bytes += bytes;
      trimmed_any = true;
      parts_.metrics.trimmed_events.add(gone);
      parts_.metrics.trimmed_bytes.add(bytes);
    }
    if (is_done || stopping_) break;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  if (trimmed_any) ++swept.resources;
  co_return Result<void>();
}

awaitable<Result<void>> Retention::cut(es::StreamId stream, Cut cut) {
  // At the next start what was unpublished must not come back.
  if (cut.baseline.representation && !cut.baseline.unpublished && cut.said != cut.position) {
    const auto unpublished = co_await unpublished_between(stream, cut.said, cut.position);
    if (!unpublished) co_return unpublished.error();
    cut.baseline.unpublished = unpublished->has_value();
  }
  es::EncodedEvent encoded = resource::Resource::encode(std::move(cut.baseline));
  es::NewEvent event;
  event.id = es::EventId(random_uuid());
  event.type = std::move(encoded.type);
  event.data = std::move(encoded.data);
  event.audit.principal = account::Principal::system(account::Tenant(std::string(stream.tenant()))).text();
  event.audit.owner = std::move(cut.owner);
  const es::Tenant tenant(std::string(stream.tenant()));
  const Weight baseline = weight_of({cut.position, stream, cut.first, event});
  es::Trim trim(std::move(stream), cut.first, std::move(event));
  const auto trimmed = co_await parts_.store.trim(std::move(trim));
  if (!trimmed) co_return trimmed.error();
  for (const Weight& weight : cut.gone) bytes_.remove(tenant, weight);
  bytes_.add(tenant, baseline);
  co_return Result<void>();
}

// The streams of a device are in one partition, so their positions say what came first.
awaitable<Result<Retention::Place>> Retention::unpublished_between(es::StreamId stream, es::Position after,
                                                                   es::Position before) {
  const auto key = device::key_of(stream);
  const auto href = resource::href_of(stream);
  if (!key || !href) co_return Place();
  const shadow::Representation* known = parts_.models.shadow.get(*key, *href);
  if (known != nullptr && known->position == after) co_return Place();
  for (es::Version version = 0;;) {
    const auto events = co_await parts_.store.read(key->stream(links::stream_name), version);
    if (!events) co_return events.error();
    if (events->empty()) co_return Place();
    version = events->back().version;
    for (const es::RecordedEvent& recorded : *events) {
      if (recorded.position < after || before < recorded.position) continue;
      const auto event = links::Links::decode(recorded);
      const auto* gone = event && *event ? std::get_if<links::LinksUnpublished>(&**event) : nullptr;
      if (gone != nullptr && std::find(gone->hrefs.begin(), gone->hrefs.end(), *href) != gone->hrefs.end())
        co_return Place(recorded.position);
    }
  }
}

void Retention::tell(const Swept& swept) {
  parts_.metrics.retained_since.set(swept.before.time_since_epoch().count() / 1000);
  if (!parts_.log) return;
  parts_.log(telemetry::LogLine(
      telemetry::Level::info, "trimmed",
      "trimmed " + std::to_string(swept.events) + " events (" + std::to_string(swept.bytes) + " bytes) of " +
          std::to_string(swept.resources) + " resources, from before " + to_rfc3339(swept.before)));
}

// Nobody waits for a sweep: what it could not do is seen in the log, or not at all.
void Retention::tell_of_trouble(const Swept& swept, const Result<void>& done) {
  if (!parts_.log) return;
  if (!swept.damaged.empty()) {
    parts_.log(telemetry::LogLine(telemetry::Level::error, "not_trimmed",
                                  "left the past of " + std::to_string(swept.damaged.size()) +
                                      " streams or partitions that are damaged, " + *swept.damaged.begin() +
                                      " among them; ocf-cloud store verify names the place"));
  }
  if (!done && !stopping_) {
    parts_.log(telemetry::LogLine(
        telemetry::Level::warn, "not_trimmed",
        "what is too old could not be trimmed: " + done.error().message() + "; the next sweep goes on"));
  }
}

}  // namespace ocf::cloud
