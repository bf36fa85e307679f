#include "gateway/mirror.hpp"

#include "gateway/content.hpp"
#include "ocf/collections.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>
#include <utility>

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using Kind = Purpose::Kind;

namespace {

Message get(std::string_view path) {
  Message request;
  request.code = Code::get;
  request.add_path(path);
  request.add_uint(OptionNumber::accept, coap::content_format::ocf_cbor);
  return request;
}

// What a device hosts and does not publish to a cloud.
bool is_for_the_cloud(const Link& link) {
  const std::string& href = link.href.text();
  return href != discovery_href && !href.starts_with("/oic/sec/") && !link.has_type("oic.r.coapcloudconf") &&
         !link.has_type("oic.wk.introspection");
}

std::string unexpected(const Message& response, std::string_view what) {
  return "the device answered " + coap::to_text(response.code) + " to the hub's GET " + std::string(what);
}

}  // namespace

Mirror::Mirror(DeviceId device, Bytes etag, Known known, const Limits& limits)
    : device_(device), etag_(std::move(etag)), known_(std::move(known)), limits_(limits) {}

// -- Questions

Questions Mirror::keep_true(const std::vector<Link>& links, SteadyTime now) {
  Questions questions;
  for (const Link& link : links) {
    const auto [known, is_new] = links_.emplace(link.href, link.observable());
    const bool was_observable = std::exchange(known->second, link.observable());
    if (!is_new && (was_observable || !link.observable())) continue;
    if (way_ != Way::batch && way_ != Way::one_by_one) continue;
    covers_all_ = false;  // whether batches tell of it, the next session finds out
    questions.push_back(ask(link.href, link.observable()));
  }
  if (way_ == Way::none && !links_.empty()) {
    way_ = Way::asked;
    answer_by_ = now + limits_.command_time;
    questions.push_back(ask_for_batch());
  }
  return questions;
}

Questions Mirror::read_again(const Href& href) {
  Questions questions;
  const auto link = links_.find(href);
  const bool is_told = link == links_.end() || (link->second && !unheard_.contains(href));
  if (!is_told) questions.push_back(ask(href, false));
  return questions;
}

Question Mirror::discover() const {
  return {{Kind::discover, Href(std::string(discovery_href)), {}}, get(discovery_href)};
}

// With an ETag and `incChanges` a device that knows it tells only of what changed since; others ignore it.
Question Mirror::ask_for_batch() const {
  Message request = get(discovery_href);
  request.add_uint(OptionNumber::observe, 0);
  request.add(OptionNumber::uri_query, "if=" + std::string(batch_interface));
  if (!etag_.empty()) {
    request.add(OptionNumber::etag, etag_);
    request.add(OptionNumber::uri_query, "incChanges=");
  }
  return {{Kind::batch, Href(std::string(discovery_href)), {}}, std::move(request)};
}

Question Mirror::ask(const Href& href, bool observable, const Bytes& etag) {
  Message request = get(href.text());
  if (observable) request.add_uint(OptionNumber::observe, 0);
  if (!etag.empty()) request.add(OptionNumber::etag, etag);
  one_by_one_.insert(href);
  open_.insert(href);
  return {{observable ? Kind::observe : Kind::retrieve, href, {}}, std::move(request)};
}

// `told`: a batch has just told of these, with these ETags.
Questions Mirror::ask_one_by_one(const Etags& told) {
  way_ = Way::one_by_one;
  Questions questions;
  for (const auto& [href, observable] : links_) {
    const auto item = told.find(href);
    if (one_by_one_.contains(href) || (item != told.end() && !observable)) continue;
    questions.push_back(item == told.end() ? ask(href, observable) : ask(href, observable, item->second));
  }
  return questions;
}

Questions Mirror::tick(SteadyTime now) {
  Questions questions;
  if (way_ == Way::asked && now >= answer_by_) questions = ask_one_by_one({});
  if (now < again_at_) return questions;
  again_at_ = SteadyTime::max();
  for (const Href& href : std::exchange(again_, {})) {
    questions.push_back(ask(href, true));
    open_.erase(href);  // it was answered for: one broken resource does not take the device out of sync
  }
  return questions;
}

void Mirror::forget_all_but(const std::vector<Link>& links) {
  std::set<Href> left;
  for (const Link& link : links) left.insert(link.href);
  const auto gone = [&left](const Href& href) { return !left.contains(href); };
  std::erase_if(links_, [&gone](const auto& link) { return gone(link.first); });
  std::erase_if(one_by_one_, gone);
  std::erase_if(open_, gone);
  std::erase_if(unheard_, gone);
  std::erase_if(again_, gone);
}

// -- Answers

Heard Mirror::hear(const Purpose& purpose, const Message& response, SteadyTime now) {
  switch (purpose.kind) {
    case Kind::batch: return hear_batch(response);
    case Kind::discover: return hear_links(response);
    case Kind::observe: return hear_observed(purpose.href, response, now);
    default: return hear_one(purpose.href, response);
  }
}

// Without Observe it is an answer and nothing follows; an error ends what was observed (RFC 7641 §3.2, §4.2).
Heard Mirror::hear_observed(const Href& href, const Message& response, SteadyTime now) {
  Heard heard = hear_one(href, response);
  if (coap::is_success(response.code) && response.find(OptionNumber::observe) != nullptr) {
    unheard_.erase(href);
  } else if (!heard.gone && links_.contains(href)) {
    if (!unheard_.insert(href).second) heard.trouble.clear();  // told once
    again_.insert(href);
    again_at_ = std::min(again_at_, now + limits_.ping_interval);
  }
  return heard;
}

Heard Mirror::hear_batch(const Message& response) {
  Heard heard;
  if (way_ == Way::one_by_one) return heard;  // it was given up
  Etags told;
  bool observed = coap::is_success(response.code) && response.find(OptionNumber::observe) != nullptr;
  if (response.code == Code::content) {
    auto items = decode_batch(response.payload, device_, limits_);
    if (!items) {
      heard.trouble = "the device's batch of " + std::string(discovery_href) +
                      " cannot be read: " + items.error().message();
      observed = false;
    } else {
      for (BatchItem& item : *items) {
        if (!links_.contains(item.href)) continue;
        told.emplace(item.href, item.etag);
        heard.said.push_back({std::move(item.href),
                              {coap::content_format::ocf_cbor, share(std::move(item.representation))},
                              std::move(item.etag)});
      }
    }
  }
  if (!observed) {
    heard.next = ask_one_by_one(told);
    return heard;
  }
  if (way_ == Way::asked) {
    way_ = Way::batch;
    const bool only_what_changed = !etag_.empty();
    for (const auto& [href, observable] : links_) {
      if (told.contains(href) || (only_what_changed && known_(href))) continue;
      covers_all_ = false;
      heard.next.push_back(ask(href, observable));
    }
  }
  etag_ = etag_of(response);
  return heard;
}

Heard Mirror::hear_one(const Href& href, const Message& response) {
  Heard heard;
  open_.erase(href);
  if (response.code == Code::content) {
    heard.said.push_back({href, content_of(response), etag_of(response)});
  } else if (response.code == Code::not_found) {
    heard.gone = href;
  } else if (response.code != Code::valid) {
    heard.trouble = unexpected(response, href.text());
  }
  return heard;
}

Heard Mirror::hear_links(const Message& response) const {
  Heard heard;
  auto found = response.code == Code::content
                   ? decode_links(response.payload, limits_)
                   : Result<std::vector<DiscoveredLink>>(OcfError::malformed_payload);
  if (!found) {
    heard.trouble = unexpected(response, discovery_href);
    return heard;
  }
  for (DiscoveredLink& one : *found) {
    const bool own = one.device == device_ || one.device == DeviceId();
    if (own && is_for_the_cloud(one.link)) heard.links.push_back(std::move(one.link));
  }
  return heard;
}

}  // namespace ocf::gateway
