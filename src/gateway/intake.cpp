#include "gateway/intake.hpp"

#include "account/error.hpp"
#include "gateway/connection.hpp"
#include "links/texts.hpp"
#include "resource/resource.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ocf::gateway {

using cloud::Confirmation;
using cloud::DeviceSession;
using cloud::Notification;
using resource::ResourceError;

namespace {

// What an entry holds besides itself.
std::size_t bytes_of(const Notification& said) { return view_of(said.content.bytes).size(); }
std::size_t bytes_of(const Said& said) {
  if (const auto* notification = std::get_if<Notification>(&said)) return bytes_of(*notification);
  if (const auto* confirmation = std::get_if<Confirmation>(&said))
    return view_of(confirmation->content.bytes).size();
  return 0;
}

// A representation may be told before it: it does not mean another one.
bool lets_pass(const Said& said) {
  return std::holds_alternative<Notification>(said) || std::holds_alternative<Synchronized>(said) ||
         std::holds_alternative<DeliverCustody>(said);
}

const Href* href_of(const Said& said) {
  if (const auto* notification = std::get_if<Notification>(&said)) return &notification->href;
  if (const auto* confirmation = std::get_if<Confirmation>(&said)) return &confirmation->href;
  if (const auto* gone = std::get_if<Gone>(&said)) return &gone->href;
  return nullptr;
}

}  // namespace

Intake::Intake(Connection& connection)
    : connection_(connection), notifications_(connection.limits().device_messages_per_second) {}

void Intake::put(Said said) {
  if (is_held_ && replaces_one(said)) return;
  queued_bytes_ += bytes_of(said);
  queue_.push_back(std::move(said));
  const Limits& limits = connection_.limits();
  if (holds_more_than(limits.notifications_queued_max)) {
    connection_.hit(limit_above(limits.notifications_queued_max));
    drop_replaced();
  }
  // Representations are now one per resource.
  if (holds_more_than(limits.notifications_queued_max + limits.links_per_device_max)) {
    return connection_.end(device::Disconnection::unresponsive, "the device says more than the hub can store",
                           device::Fault{device::Stage::protocol, device::Cause::unresponsive},
                           limit_above(limits.notifications_queued_max + limits.links_per_device_max));
  }
  if (std::exchange(carrying_, true)) return;
  connection_.spawn(carry(connection_.shared_from_this()));
}

bool Intake::replaces_one(Said& said) {
  auto* newer = std::get_if<Notification>(&said);
  const bool is_etag = std::holds_alternative<Synchronized>(said);
  for (auto older = queue_.end(); (newer != nullptr || is_etag) && older != queue_.begin();) {
    if (!lets_pass(*--older)) return false;
    if (is_etag && std::holds_alternative<Synchronized>(*older)) {
      queue_.erase(older);  // the newer one stays behind what it is about
      return false;
    }
    auto* notification = std::get_if<Notification>(&*older);
    if (newer == nullptr || notification == nullptr || notification->href != newer->href) continue;
    queued_bytes_ = queued_bytes_ - bytes_of(*notification) + bytes_of(*newer);
    *notification = std::move(*newer);
    connection_.count_coalesced(1);
    return true;
  }
  return false;
}

void Intake::clear() {
  for (Said& said : std::exchange(queue_, {})) {
    if (auto* custody = std::get_if<DeliverCustody>(&said)) answer(std::move(custody->without_custody));
  }
  queued_bytes_ = 0;
  ++sessions_;
  sequence_ = 0;
  replaced_ = 0;
  patience_.give_up();
}

bool Intake::holds_answer(const es::CorrelationId& correlation) const {
  if (carried_answer_ == correlation) return true;
  return std::any_of(queue_.begin(), queue_.end(), [&](const Said& said) {
    const auto* answer = std::get_if<Confirmation>(&said);
    return answer != nullptr && answer->correlation == correlation;
  });
}

void Intake::served() {
  for (Bytes& pong : std::exchange(pongs_, {})) connection_.answer_custody(std::move(pong));
}

bool Intake::holds_more_than(std::size_t entries) const {
  return size() > entries || queued_bytes_ > connection_.limits().notifications_queued_bytes_max;
}

std::string_view Intake::limit_above(std::size_t entries) const {
  return size() > entries ? "notifications_queued_max" : "notifications_queued_bytes_max";
}

void Intake::drop_replaced() {
  let_pings_wait();
  std::set<Href> newer;
  std::deque<Said> left;
  for (auto said = queue_.rbegin(); said != queue_.rend(); ++said) {
    const auto* notification = std::get_if<Notification>(&*said);
    if (notification == nullptr || newer.insert(notification->href).second) {
      left.push_front(std::move(*said));
    } else {
      queued_bytes_ -= bytes_of(*notification);
      ++replaced_;
      connection_.count_coalesced(1);
    }
  }
  queue_ = std::move(left);
}

void Intake::join() {
  std::deque<Said> joined;
  std::map<Href, Notification*> told;
  std::optional<Said> etag;  // behind what it is about
  for (Said& said : queue_) {
    if (std::holds_alternative<Synchronized>(said)) {
      etag = std::move(said);
      continue;
    }
    if (!lets_pass(said)) {
      told.clear();
      if (etag) joined.push_back(*std::exchange(etag, std::nullopt));
    }
    auto* newer = std::get_if<Notification>(&said);
    const auto older = newer == nullptr ? told.end() : told.find(newer->href);
    if (older != told.end()) {
      queued_bytes_ -= bytes_of(*older->second);
      *older->second = std::move(*newer);
      connection_.count_coalesced(1);
      continue;
    }
    joined.push_back(std::move(said));
    if (auto* first = std::get_if<Notification>(&joined.back())) told.emplace(first->href, first);
  }
  if (etag) joined.push_back(std::move(*etag));
  queue_ = std::move(joined);
}

void Intake::let_pings_wait() {
  std::stable_partition(queue_.begin(), queue_.end(),
                        [](const Said& said) { return !std::holds_alternative<DeliverCustody>(said); });
}

bool Intake::is_replaced(const Said& said) const {
  const auto* notification = std::get_if<Notification>(&said);
  return notification != nullptr && std::any_of(queue_.begin(), queue_.end(), [&](const Said& later) {
           const auto* newer = std::get_if<Notification>(&later);
           return newer != nullptr && newer->href == notification->href;
         });
}

awaitable<void> Intake::carry(std::shared_ptr<Connection> keep) {
  Intake& self = keep->intake();
  while (!self.queue_.empty()) {
    if (std::holds_alternative<Notification>(self.queue_.front()) &&
        !self.notifications_.take(net::steady_now())) {
      keep->hit("device_messages_per_second");
      if (!std::exchange(self.is_held_, true)) self.join();
      Patience::Pause turn = std::chrono::ceil<Patience::Pause>(self.notifications_.wait(net::steady_now()));
      co_await self.patience_.wait(turn);
      continue;
    }
    self.is_held_ = false;
    Said next = std::move(self.queue_.front());
    self.queue_.pop_front();
    self.queued_bytes_ -= bytes_of(next);
    if (auto* said = std::get_if<Notification>(&next)) said->sequence = ++self.sequence_;
    if (auto* said = std::get_if<Confirmation>(&next)) {
      said->sequence = ++self.sequence_;
      self.carried_answer_ = said->correlation;
    }
    if (auto* custody = std::get_if<DeliverCustody>(&next)) {
      self.answer(std::move(custody->pong));
      continue;
    }
    const std::uint64_t session = self.sessions_;
    Patience::Pause pause = Patience::first_pause;
    for (;;) {
      const auto carried = co_await self.carry(next);
      // What a session that is over said must not be stored for another one.
      if (carried || session != self.sessions_) break;
      const bool is_refused = account::is_refusal_of_credentials(carried.error());
      if (is_refused && keep->is_idle()) {
        // Online it would be in vain: at its next sign-in the device learns that it needs another token. Not
        // while an answer is awaited: it may be that of the sign-off which ended its tokens, or of the
        // sign-in with new ones.
        keep->end(device::Disconnection::token_expired,
                  "what the device says is refused: " + carried.error().message(),
                  device::Fault{device::Stage::sign_in, device::Cause::expired_token});
        // The session ends in a turn of its own: until then nothing may be carried on as if this were stored.
        self.clear();
        break;
      }
      if (!is_refused && !is_outage(carried.error())) {
        const Href* href = href_of(next);
        keep->log(Level::warn, "not_stored",
                  "what the device said" + (href != nullptr ? " of " + href->text() : std::string()) +
                      " was not stored: " + carried.error().message());
        break;
      }
      if (self.is_replaced(next)) {
        self.let_pings_wait();
        ++self.replaced_;
        keep->count_coalesced(1);
        break;
      }
      if (!co_await self.patience_.wait(pause) || session != self.sessions_) break;
    }
    self.carried_answer_ = {};
    if (self.queue_.empty()) self.tell_of_replaced();
  }
  self.carrying_ = false;
}

void Intake::tell_of_replaced() {
  if (replaced_ == 0) return;
  connection_.log(
      Level::warn, "coalesced",
      "the device said more than could be stored: " + std::to_string(std::exchange(replaced_, 0)) +
          " representations were replaced by newer ones");
}

// Outside the queue, for what is being served may wait for what stands in it.
void Intake::answer(Bytes pong) {
  pongs_.push_back(std::move(pong));
  if (!connection_.is_serving()) served();
}

awaitable<Result<void>> Intake::carry(Said said) {
  if (!connection_.device_session()) co_return Result<void>();
  const DeviceSession session = *connection_.device_session();
  if (auto* one = std::get_if<Notification>(&said)) co_return co_await carry(session, std::move(*one));
  if (auto* one = std::get_if<Confirmation>(&said)) co_return co_await carry(session, std::move(*one));
  if (auto* one = std::get_if<Gone>(&said)) co_return co_await carry(session, std::move(*one));
  if (auto* one = std::get_if<Found>(&said)) co_return co_await carry(session, std::move(*one));
  co_return co_await carry(session, std::get<Synchronized>(std::move(said)));
}

awaitable<Result<void>> Intake::carry(const DeviceSession& session, Notification said) {
  co_return co_await connection_.cloud().notify(session, std::move(said));
}

awaitable<Result<void>> Intake::carry(const DeviceSession& session, Confirmation said) {
  const Href href = said.href;
  const resource::Status status = said.status;
  auto confirmed = co_await connection_.cloud().confirm(session, std::move(said));
  // Somebody ended the command first; the device did what it did.
  if (!confirmed && confirmed.error() == ResourceError::unknown_command) confirmed = Result<void>();
  if (confirmed && resource::is_success(status) && status != resource::Status::content)
    connection_.read_again(href);
  if (!confirmed || status != resource::Status::not_found) co_return confirmed;
  Gone gone(href);
  co_return co_await carry(session, std::move(gone));
}

// What the device does not have is published no more; unless it publishes it again, behind this.
awaitable<Result<void>> Intake::carry(const DeviceSession& session, Gone said) {
  const net::Turn::Held turn = co_await connection_.publications().take();
  std::vector<std::int64_t> instances;
  for (const Link& link : connection_.cloud().links_of(session.key)) {
    if (link.href == said.href) instances.push_back(link.instance);
  }
  if (instances.empty()) co_return Result<void>();
  const auto unpublished = co_await connection_.cloud().unpublish(session, std::move(instances));
  if (!unpublished) co_return unpublished.error();
  connection_.log(Level::info, "unpublished",
                  "unpublished " + said.href.text() + ": the device answers that it is not there");
  connection_.forget_unpublished();
  co_return Result<void>();
}

awaitable<Result<void>> Intake::carry(const DeviceSession& session, Found said) {
  const net::Turn::Held turn = co_await connection_.publications().take();
  std::erase_if(said.links, [](const Link& link) { return links::is_too_long(link); });
  auto published = co_await connection_.cloud().publish(session, std::move(said.links), std::string(),
                                                        std::chrono::seconds(0));
  if (!published) co_return published.error();
  connection_.publication_found(*published);
  co_return Result<void>();
}

awaitable<Result<void>> Intake::carry(const DeviceSession& session, Synchronized said) {
  co_return co_await connection_.synchronize(session, std::move(said.etag));
}

}  // namespace ocf::gateway
