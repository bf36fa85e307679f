#include "cloud/retention.hpp"

#include "account/principal.hpp"
#include "base/random.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <utility>

namespace ocf::cloud {

using boost::asio::awaitable;

namespace {

constexpr std::size_t page = 1000;
constexpr std::size_t streams_max = 10'000;  // remembered before they are trimmed

}  // namespace

std::uint64_t bytes_of(const es::RecordedEvent& recorded) {
  const es::NewEvent& event = recorded.event;
  return recorded.stream.text().size() + event.id.text().size() + event.type.size() + event.data.size() +
         event.audit.principal.size() + event.audit.owner.size() + event.audit.correlation.text().size() +
         event.audit.causation.size() + event.audit.traceparent.size();
}

bool TrimPlan::add(const es::RecordedEvent& recorded) {
  if (recorded.event.time >= before_) return false;
  const auto event = resource::Resource::decode(recorded);
  if (!event || !*event) return false;
  state_ = resource::Resource::evolve(std::move(state_), **event);
  if (const auto* baseline = std::get_if<resource::BaselineTaken>(&**event)) {
    said_ = baseline->version;
    said_at_ = baseline->time;
  } else {
    const auto* said = std::get_if<resource::ResourceRepresentationUpdated>(&**event);
    // One that came late changed nothing.
    if (said != nullptr && state_.representation == *said) {
      said_ = recorded.version;
      said_at_ = recorded.event.time;
    }
    ++events_;
    bytes_ += bytes_of(recorded);
  }
  if (begin_ == 0) begin_ = recorded.version;
  if (recorded.version > begin_ && state_.waiting.empty()) {
    resource::BaselineTaken baseline{state_.representation, said_, said_at_, false};
    cut_ = Cut{recorded.version, std::move(baseline), recorded.event.audit.owner, events_, bytes_};
  }
  return true;
}

std::optional<Cut> TrimPlan::take() {
  std::optional<Cut> cut = std::exchange(cut_, std::nullopt);
  if (!cut) return cut;
  begin_ = cut->first;
  events_ -= cut->events;
  bytes_ -= cut->bytes;
  return cut;
}

Retention::Retention(Parts parts) : parts_(std::move(parts)), next_(parts_.store.partitions(), 1) {}

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
  if (parts_.limits.retention_time.count() == 0) co_return;
  const Time before = parts_.now() - parts_.limits.retention_time;
  Swept swept;
  for (es::Partition partition = 0; partition < next_.size() && !stopping_; ++partition) {
    const auto is_swept = co_await sweep(partition, before, swept);
    if (!is_swept) break;
  }
  if (swept.events > 0) tell(swept, before);
}

awaitable<Result<void>> Retention::sweep(es::Partition partition, Time before, Swept& swept) {
  std::set<es::StreamId> old;
  es::Offset from = next_[partition];
  for (bool is_done = false; !is_done && !stopping_;) {
    const auto slice = co_await parts_.store.read_partition(partition, from, page);
    if (!slice) co_return slice.error();
    is_done = slice->events->empty();
    from = slice->next;
    for (const es::RecordedEvent& recorded : *slice->events) {
      if (recorded.event.time >= before) {
        from = recorded.position.offset;
        is_done = true;
        break;
      }
      if (resource::href_of(recorded.stream)) old.insert(recorded.stream);
    }
    if (!is_done && old.size() < streams_max) continue;
    for (const es::StreamId& stream : std::exchange(old, {})) {
      if (stopping_) co_return Result<void>();
      const auto trimmed = co_await trim(stream, before, swept);
      if (!trimmed) co_return trimmed.error();
    }
    next_[partition] = from;
  }
  co_return Result<void>();
}

awaitable<Result<void>> Retention::trim(es::StreamId stream, Time before, Swept& swept) {
  const auto executor = co_await boost::asio::this_coro::executor;
  TrimPlan plan(before);
  bool trimmed_any = false;
  for (es::Version after = 0;;) {
    const auto events = co_await parts_.store.read(stream, after);
    if (!events) {
      // A damaged stream stays as it is; the others do not wait for it.
      if (events.error() == es::StoreError::corrupt) co_return Result<void>();
      co_return events.error();
    }
    bool is_done = events->empty();
    for (const es::RecordedEvent& recorded : *events) {
      after = recorded.version;
      if (plan.add(recorded)) continue;
      is_done = true;
      break;
    }
    if (auto cut = plan.take()) {
      const std::uint64_t gone = cut->events, bytes = cut->bytes;
      const es::Version first = cut->first;
      es::Trim trim(stream, first, baseline_of(stream, std::move(*cut)));
      const auto trimmed = co_await parts_.store.trim(std::move(trim));
      if (!trimmed) co_return trimmed.error();
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

es::NewEvent Retention::baseline_of(const es::StreamId& stream, Cut cut) const {
  // What the shadow does not have any more was unpublished: at the next start it must not come back.
  const auto key = device::key_of(stream);
  const auto href = resource::href_of(stream);
  const shadow::Representation* known = key && href ? parts_.models.shadow.get(*key, *href) : nullptr;
  cut.baseline.unpublished =
      cut.baseline.representation && (known == nullptr || known->version < cut.baseline.version);
  es::EncodedEvent encoded = resource::Resource::encode(std::move(cut.baseline));
  es::NewEvent event;
  event.id = es::EventId(random_uuid());
  event.type = std::move(encoded.type);
  event.data = std::move(encoded.data);
  event.audit.principal = account::Principal::system(account::Tenant(std::string(stream.tenant()))).text();
  event.audit.owner = std::move(cut.owner);
  return event;
}

void Retention::tell(const Swept& swept, Time before) {
  parts_.metrics.retained_since.set(before.time_since_epoch().count() / 1000);
  if (!parts_.log) return;
  parts_.log(telemetry::LogLine(
      telemetry::Level::info, "trimmed",
      "trimmed " + std::to_string(swept.events) + " events (" + std::to_string(swept.bytes) + " bytes) of " +
          std::to_string(swept.resources) + " resources, from before " + to_rfc3339(before)));
}

}  // namespace ocf::cloud
