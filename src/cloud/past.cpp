#include "cloud/past.hpp"

#include "account/holder.hpp"
#include "cloud/cloud.hpp"
#include "links/links.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>
#include <variant>
#include <vector>

namespace ocf::cloud {

// The events of a stream up to the point, one after the other; a page of them in memory.
class Past::Stream {
 public:
  Stream(es::EventStore& store, const Point& point, es::StreamId id)
      : store_(store), point_(point), id_(std::move(id)) {}

  // The event at hand; nullptr: that was the last. Errors: of EventStore::read, history_trimmed.
  awaitable<Result<const es::RecordedEvent*>> current() {
    for (;; ++at_) {
      if (at_ == page_.size()) {
        if (ended_) co_return none;
        const Result<void> read = co_await turn_page();
        if (!read) co_return read.error();
        if (ended_) co_return none;
      }
      if (point_.includes(page_[at_])) co_return &page_[at_];
    }
  }
  void next() { ++at_; }

 private:
  static constexpr const es::RecordedEvent* none = nullptr;

  awaitable<Result<void>> turn_page() {
    // A store that has the page at hand answers without suspending.
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    auto page = co_await store_.read(id_, version_);
    if (!page) co_return page.error();
    at_ = 0;
    page_ = std::move(*page);
    ended_ = page_.empty();
    if (ended_) co_return Result<void>();
    // What was before it was trimmed, before the first page or between two; it sums that up.
    const bool is_trimmed = page_.front().version > version_ + 1;
    version_ = page_.back().version;
    if (is_trimmed && !point_.includes(page_.front())) co_return CloudError::history_trimmed;
    co_return Result<void>();
  }

  es::EventStore& store_;
  const Point& point_;
  es::StreamId id_;
  es::Version version_ = 0;
  std::vector<es::RecordedEvent> page_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

PlaceOfPast::PlaceOfPast(net::Gate::Holder inside, Cloud& cloud,
                         std::pair<account::Tenant, account::Owner> owner)
    : inside_(std::move(inside)), cloud_(cloud), registered_(cloud.pasts_of_.insert(std::move(owner))) {}

PlaceOfPast::~PlaceOfPast() { cloud_.pasts_of_.erase(registered_); }

Past::Past(es::EventStore& store, device::DeviceKey key, Point point, PastPlace place)
    : store_(store), key_(std::move(key)), point_(std::move(point)), place_(std::move(place)) {}

void Past::apply(const es::RecordedEvent& recorded) {
  directory_.apply(recorded);
  shadow_.apply(recorded);
  if (recorded.stream.name() != links::stream_name) return;
  const auto event = links::Links::decode(recorded);
  if (!event || !*event) return;
  if (const auto* gone = std::get_if<links::LinksUnpublished>(&**event)) {
    for (const Href& href : gone->hrefs) unpublished_.insert_or_assign(href, recorded.position);
  }
}

// All streams of a device are in one partition, so that its offsets are their common order.
awaitable<Result<void>> Past::fold_device() {
  std::array streams{Stream(store_, point_, account::Holder::stream(key_.tenant, key_.device)),
                     Stream(store_, point_, key_.stream(device::stream_name)),
                     Stream(store_, point_, key_.stream(links::stream_name))};
  for (;;) {
    Stream* first = nullptr;
    const es::RecordedEvent* earliest = nullptr;
    for (Stream& stream : streams) {
      const auto event = co_await stream.current();
      if (!event) co_return event.error();
      if (*event == nullptr || (earliest != nullptr && earliest->position < (*event)->position)) continue;
      first = &stream;
      earliest = *event;
    }
    if (first == nullptr) co_return Result<void>();
    apply(*earliest);
    first->next();
  }
}

// What was known of a resource before it was unpublished is forgotten, as the live shadow forgets it.
awaitable<Result<void>> Past::fold_resource(Href href) {
  const auto unpublished = unpublished_.find(href);
  const es::Position from = unpublished == unpublished_.end() ? es::Position() : unpublished->second;
  Stream stream(store_, point_, resource::stream_of(key_, href));
  for (;; stream.next()) {
    const auto event = co_await stream.current();
    if (!event) co_return event.error();
    if (*event == nullptr) co_return Result<void>();
    if (from < (*event)->position) shadow_.apply(**event);
  }
}

awaitable<Result<void>> Past::fold_resources() {
  const directory::DeviceEntry* entry = device();
  if (entry == nullptr) co_return Result<void>();
  for (const auto& [href, link] : entry->links) {
    const Result<void> folded = co_await fold_resource(href);
    if (!folded) co_return folded.error();
  }
  co_return Result<void>();
}

const directory::DeviceEntry* Past::device() const {
  const directory::DeviceEntry* entry = directory_.known(key_.tenant, key_.device);
  return entry != nullptr && entry->key == key_ ? entry : nullptr;
}

const std::map<Href, shadow::Representation>& Past::representations() const {
  return shadow_.of_device(key_);
}

// -- As callers ask for it

Result<Point> Cloud::point(std::string_view text) const {
  auto point = Point::parse(text, parts_.store.partitions());
  if (point && point->is_after(parts_.now(), models_.cursor())) return CloudError::point_in_future;
  return point;
}

Result<PastPlace> Cloud::enter_past(const account::Principal& asking) {
  std::pair owner(asking.tenant, asking.owner);
  if (pasts_.holders() >= pasts_max || pasts_of_.count(owner) >= pasts_per_owner_max)
    return CloudError::too_many_pasts;
  auto inside = pasts_.enter();
  if (!inside) return es::StoreError::closed;
  return std::make_shared<const PlaceOfPast>(std::move(*inside), *this, std::move(owner));
}

awaitable<Result<Past>> Cloud::past(Caller caller, DeviceId id, Point point, PastPlace place) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const auto device = models_.directory.device(*access, id);
  if (!device) co_return CloudError::not_found;
  if (place == nullptr) {
    auto entered = enter_past(access->principal);
    if (!entered) co_return entered.error();
    place = std::move(*entered);
  }
  Past past(parts_.store, device->key, std::move(point), std::move(place));
  const Result<void> folded = co_await past.fold_device();
  if (!folded) co_return folded.error();
  co_return past;
}

awaitable<Result<std::vector<directory::DeviceView>>> Cloud::devices_at(Caller caller, Point point) {
  const account::Principal asking = caller.principal;
  const auto now = co_await devices(std::move(caller));
  if (!now) co_return now.error();
  const auto place = enter_past(asking);
  if (!place) co_return place.error();
  std::vector<directory::DeviceView> then;
  for (const directory::DeviceView& device : *now) {
    Past past(parts_.store, device.key, point, *place);
    const Result<void> folded = co_await past.fold_device();
    if (!folded) co_return folded.error();
    if (const directory::DeviceEntry* entry = past.device()) then.push_back(directory::view_of(*entry));
  }
  co_return then;
}

}  // namespace ocf::cloud
