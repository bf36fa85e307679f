// What the hub asks a device of itself so that its shadow is true (G8, G9), and what the answers say. No
// socket, clock or cloud in it: links, answers and time in, questions and findings out.
//
//   links ─▶ observe /oic/res?if=oic.if.b, a batch of everything, with the device-wide ETag that is known
//               │ answered with Observe ─▶ by batch: notifications bring what changed; what the batch leaves
//               │                          out is asked for one by one
//               └ anything else, or silence ─▶ one by one: an observation of each observable link, a
//                                              retrieval of each other, each with the ETag that is known
//   an observation that is declined, or that an error ends ─▶ asked for again after a ping interval, for as
//                                              long as it is so
//
// A device answers 2.03 to an ETag that is still true: then a reconnect transfers nothing.
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "coap/message.hpp"
#include "gateway/purpose.hpp"
#include "ocf/device_id.hpp"
#include "ocf/link.hpp"
#include "resource/resource.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocf::gateway {

// For Session::request().
struct Question {
  Purpose purpose;
  coap::Message request;
};
using Questions = std::vector<Question>;

// What an answer told, in order.
struct Heard {
  struct Representation {
    Href href;
    resource::Content content;
    Bytes etag;
  };
  std::vector<Representation> said;
  std::optional<Href> gone;  // the device does not have it: 4.04
  std::vector<Link> links;   // what the device hosts, if it was asked
  Questions next;
  std::string trouble;  // not empty: for the log
};

// Lives as long as a device's session. The limits outlive it.
class Mirror {
 public:
  // The ETag of the shadow's representation; nullopt: it has none.
  using Known = std::function<std::optional<Bytes>(const Href&)>;

  // `etag`: the device-wide one up to which the shadow has everything; empty: none.
  Mirror(DeviceId device, Bytes etag, Known known, const Limits& limits);

  // The device has published these, now or earlier; those that are kept true already are not asked again.
  Questions keep_true(const std::vector<Link>& links, SteadyTime now);
  // After a change: what cannot be observed would stay unknown.
  Questions read_again(const Href& href);
  // The device tells what it hosts: its publication was lost.
  Question discover() const;

  // An answer to one of these questions, or a notification.
  Heard hear(const Purpose& purpose, const coap::Message& response, SteadyTime now);
  // These are still published.
  void forget_all_but(const std::vector<Link>& links);

  // Gives up waiting for the first batch; asks again for what is not heard of. The answer: what to ask.
  Questions tick(SteadyTime now);
  SteadyTime deadline() const {
    return std::min(way_ == Way::asked ? answer_by_ : SteadyTime::max(), again_at_);
  }

  // Every link was answered for since the session began.
  bool in_sync() const { return (way_ == Way::batch || way_ == Way::one_by_one) && open_.empty(); }
  // The device-wide ETag of what was heard so far; empty where batches do not tell of every link.
  Bytes etag() const { return way_ == Way::batch && covers_all_ ? etag_ : Bytes(); }

 private:
  enum class Way { none, asked, batch, one_by_one };
  using Etags = std::map<Href, Bytes>;

  Question ask_for_batch() const;
  Question ask(const Href& href, bool observable, const Bytes& etag);
  Question ask(const Href& href, bool observable) {
    return ask(href, observable, known_(href).value_or(Bytes()));
  }
  Questions ask_one_by_one(const Etags& told);
  Heard hear_batch(const coap::Message& response);
  Heard hear_one(const Href& href, const coap::Message& response);
  Heard hear_observed(const Href& href, const coap::Message& response, SteadyTime now);
  Heard hear_links(const coap::Message& response) const;

  const DeviceId device_;
  Bytes etag_;
  const Known known_;
  const Limits& limits_;

  Way way_ = Way::none;
  SteadyTime answer_by_{};
  bool covers_all_ = true;
  std::map<Href, bool> links_;  // published: whether it is observable
  std::set<Href> one_by_one_;   // asked for by themselves
  std::set<Href> open_;         // of these, not answered yet
  std::set<Href> unheard_;      // of these, the device does not notify: it declined, or an error ended it
  std::set<Href> again_;        // of these, to be asked for at again_at_
  SteadyTime again_at_ = SteadyTime::max();
};

}  // namespace ocf::gateway
