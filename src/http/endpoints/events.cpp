// GET /api/v1/events?device=&href=: stored events as server-sent events, from now on or, with `Last-Event-ID`
// or `?cursor=`, from behind the event with that id.
#include "cloud/feed.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/event_json.hpp"
#include "http/problem.hpp"
#include "net/shard.hpp"

namespace ocf::http::endpoints {
namespace {

constexpr std::chrono::seconds heartbeat{15};

// Without an id: the place of the client does not change by it.
std::string resync(Time time) {
  std::string data;
  JsonWriter json(data);
  json.begin_object().key("time").text(to_rfc3339(time)).key("type").text("resync");
  json.end_object();
  return "event: resync\ndata: " + data + "\n\n";
}

std::string as_text(const std::vector<cloud::FeedEvent>& events) {
  std::string text;
  for (const cloud::FeedEvent& event : events) {
    std::string data;
    JsonWriter json(data);
    write_event(json, event.recorded);
    if (event.resync) text += resync(event.recorded.event.time);
    text += "id: " + event.cursor + "\nevent: " + event.recorded.event.type + "\ndata: " + data + "\n\n";
  }
  return text;
}

// An id without data: the client remembers where it is although there was nothing for it.
std::string as_text_of_place(const std::string& cursor) { return "id: " + cursor + "\n\n"; }

class EventBody final : public LiveBody {
 public:
  explicit EventBody(std::unique_ptr<cloud::Feed> feed) : feed_(std::move(feed)) {}

  awaitable<std::optional<std::string>> next() override {
    if (ended_) co_return std::nullopt;
    if (!began_) {
      began_ = true;
      const std::string place = as_text_of_place(feed_->cursor());
      co_return feed_->resync() ? resync(*feed_->resync()) + place : place;
    }
    const SteadyTime due = net::steady_now() + heartbeat;
    for (SteadyTime now = net::steady_now(); now < due; now = net::steady_now()) {
      const auto events = co_await feed_->next(due - now);
      if (ended_) co_return std::nullopt;
      if (!events) {
        ended_ = true;  // the caller lost its access, or the store is away: it comes back with its last id
        co_return "event: problem\ndata: " + problem(events.error()).body + "\n\n";
      }
      if (!events->empty()) co_return as_text(*events);
    }
    co_return ": still here\n" + as_text_of_place(feed_->cursor());
  }

  void cancel() override {
    ended_ = true;
    feed_->cancel();
  }

 private:
  std::unique_ptr<cloud::Feed> feed_;
  bool began_ = false;
  bool ended_ = false;
};

Result<cloud::FeedFilter> filter_of(Exchange& exchange) {
  cloud::FeedFilter filter;
  const auto device = device_in_query(exchange);
  if (!device) return device.error();
  filter.device = *device;
  auto href = href_in_query(exchange);
  if (!href) return href.error();
  filter.href = std::move(*href);
  return filter;
}

std::string cursor_of(const Exchange& exchange) {
  if (const auto last = exchange.request.field("Last-Event-ID")) return std::string(*last);
  return std::string(exchange.target.parameter("cursor").value_or(""));
}

}  // namespace

awaitable<Result<Response>> events(Exchange& exchange) {
  auto filter = filter_of(exchange);
  if (!filter) co_return filter.error();
  auto feed = co_await exchange.cloud.feed(exchange.caller, std::move(*filter), cursor_of(exchange));
  if (!feed) co_return feed.error();
  Response response(200);
  response.add("Content-Type", "text/event-stream");
  response.live = std::make_unique<EventBody>(std::move(*feed));
  co_return response;
}

}  // namespace ocf::http::endpoints
