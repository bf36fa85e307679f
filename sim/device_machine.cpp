#include "sim/device_machine.hpp"

#include "coap/signaling.hpp"

#include <algorithm>
#include <utility>

namespace ocf::sim {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using Need = Registration::Need;
using Step = Registration::Step;

namespace {

bool knows_content_format(std::uint64_t format) {
  return format == coap::content_format::ocf_cbor || format == coap::content_format::json;
}

bool knows_accept(std::uint64_t format) {
  return knows_content_format(format) || format == coap::content_format::link_format;
}

// What is wrong with the options of a request or response, and the answer of a device without the defect.
struct OptionFault {
  std::string what;
  Code code = Code::bad_option;
};

std::optional<OptionFault> option_fault(const Message& message) {
  if (const auto option = coap::unknown_critical_option(message)) {
    return OptionFault{"unknown critical option " + std::to_string(*option), Code::bad_option};
  }
  const auto format = message.uint(OptionNumber::content_format);
  if (format && !knows_content_format(*format)) {
    return OptionFault{"content format " + std::to_string(*format), Code::unsupported_content_format};
  }
  const auto accept = message.uint(OptionNumber::accept);
  if (accept && !knows_accept(*accept)) {
    return OptionFault{"Accept " + std::to_string(*accept), Code::not_acceptable};
  }
  return std::nullopt;
}

// What devices leave unanswered: methods they do not know, and blocks.
bool is_met_with_silence(const Message& request) {
  return request.code > Code::del || request.find(OptionNumber::block1) != nullptr ||
         request.find(OptionNumber::block2) != nullptr;
}

}  // namespace

DeviceMachine::DeviceMachine(DeviceSettings settings, std::uint64_t seed, Time wall, SteadyTime now)
    : settings_(std::move(settings)),
      random_(seed),
      resources_(settings_, random_, wall, now),
      registration_(settings_, random_),
      keep_alive_(settings_.pace) {}

Transport DeviceMachine::transport() const {
  return registration_.server().starts_with("coaps+") ? Transport::tls : Transport::tcp;
}

// -- Connection and time

Actions DeviceMachine::connected(SteadyTime now) {
  Actions actions;
  ++counters_.connections;
  receiver_.emplace(transport(), settings_.defects, settings_.lights);
  act(registration_.connected(now), now, actions);
  return actions;
}

Actions DeviceMachine::connect_failed(std::string_view why, SteadyTime now) {
  Actions actions{Say{"cannot reach " + registration_.server() + ": " + std::string(why)}};
  const Step before = registration_.step();
  registration_.connect_failed(now);
  say_if_stopped(before, actions);
  return actions;
}

Actions DeviceMachine::disconnected(SteadyTime now) {
  Actions actions{Say{"the connection is gone"}};
  const Step before = registration_.step();
  connection_ended(now);
  say_if_stopped(before, actions);
  return actions;
}

void DeviceMachine::connection_ended(SteadyTime now) {
  receiver_.reset();
  publish_.reset();
  keep_alive_.stop();
  resources_.forget_observers();
  registration_.disconnected(now);
}

void DeviceMachine::close(std::string why, SteadyTime now, Actions& actions) {
  counters_.closes.push_back(why);
  actions.push_back(Say{"closes the connection: " + why});
  actions.push_back(Close{std::move(why)});
  const Step before = registration_.step();
  connection_ended(now);
  say_if_stopped(before, actions);
}

Actions DeviceMachine::tick(SteadyTime now) {
  Actions actions;
  switch (keep_alive_.tick(now)) {
    case KeepAlive::Due::nothing: break;
    case KeepAlive::Due::ping: {
      const coap::Token token = random_token(random_);
      send(coap::ping(token), actions);
      keep_alive_.sent(token, now);
      break;
    }
    case KeepAlive::Due::give_up: close("the cloud does not answer pings", now, actions); return actions;
  }
  const Step before = registration_.step();
  const Need need = registration_.tick(now);
  say_if_stopped(before, actions);
  act(need, now, actions);
  return actions;
}

SteadyTime DeviceMachine::deadline() const {
  return std::min(registration_.deadline(), keep_alive_.deadline());
}

void DeviceMachine::act(Need need, SteadyTime now, Actions& actions) {
  switch (need) {
    case Need::nothing: break;
    case Need::connect: actions.push_back(Connect{registration_.server()}); break;
    case Need::request:
      keep_alive_.stop();
      send(registration_.request(now), actions);
      break;
    case Need::reconnect: close(registration_.why(), now, actions); break;
  }
}

// -- Messages in

Actions DeviceMachine::receive(ByteView read, SteadyTime now) {
  Actions actions;
  if (!receiver_) return actions;
  const Received received = receiver_->receive(read);
  for (const Message& message : received.messages) {
    take(message, now, actions);
    if (!receiver_) return actions;
  }
  if (!received.broken.empty()) close(received.broken, now, actions);
  return actions;
}

void DeviceMachine::take(const Message& message, SteadyTime now, Actions& actions) {
  if (message.code == Code::empty) return;
  if (coap::is_signaling(message.code)) return take_signaling(message, now, actions);
  if (const auto fault = option_fault(message)) {
    if (settings_.defects.closes_at_unknown_formats) return close(fault->what, now, actions);
    if (!coap::is_request(message.code)) return;
    Message refusal;
    refusal.code = fault->code;
    refusal.token = message.token;
    return send(refusal, actions);
  }
  if (coap::is_request(message.code)) return take_request(message, now, actions);
  take_response(message, now, actions);
}

void DeviceMachine::take_signaling(const Message& message, SteadyTime now, Actions& actions) {
  switch (message.code) {
    case Code::ping: ++counters_.pongs; return send(coap::pong(message), actions);
    case Code::pong: return keep_alive_.answered(message.token, now);
    case Code::release: return close("the cloud asked for it", now, actions);
    default: return;  // a CSM changes nothing, an Abort is only logged
  }
}

void DeviceMachine::take_request(const Message& request, SteadyTime now, Actions& actions) {
  if (is_met_with_silence(request)) return;
  const std::size_t observers_before = resources_.observers();
  const Served served = resources_.serve(request, now);
  ++counters_.requests_answered;
  send(served.response, actions);
  send_notifications(served.notifications, actions);
  if (resources_.observers() > observers_before) {
    actions.push_back(Say{"the cloud observes " + request.path()});
  } else if (request.code != Code::get) {
    actions.push_back(Say{"answered " + coap::to_text(served.response.code) + " to " +
                          coap::to_text(request.code) + ' ' + request.path()});
  }
  if (!is_signed_in()) return;
  publish(actions);
  unpublish(actions);
}

void DeviceMachine::take_response(const Message& response, SteadyTime now, Actions& actions) {
  if (publish_ == response.token) return take_publish_answer(response, actions);
  if (!registration_.is_answer(response)) return;
  const Step before = registration_.step();
  const Need need = registration_.answer(response, now);
  registration_advanced(before, now, actions);
  act(need, now, actions);
}

void DeviceMachine::registration_advanced(Step before, SteadyTime now, Actions& actions) {
  say_if_stopped(before, actions);
  const Step after = registration_.step();
  if (after == before || after == Step::stopped) return;
  if (before == Step::sign_up) {
    ++counters_.sign_ups;
    actions.push_back(Say{"signed up; its owner is " + registration_.uid()});
  } else if (before == Step::refresh) {
    ++counters_.refreshes;
    actions.push_back(Say{"refreshed its token"});
  } else if (after == Step::signed_in) {
    ++counters_.sign_ins;
    actions.push_back(Say{"signed in at " + registration_.server()});
    keep_alive_.start(now);
    send_notifications(resources_.set(configuration_href, "cps", std::string("registered"), now), actions);
    publish(actions);
  }
}

void DeviceMachine::say_if_stopped(Step before, Actions& actions) const {
  if (before != Step::stopped && is_stopped()) actions.push_back(Say{"gives up: " + registration_.why()});
}

// -- Publication

void DeviceMachine::publish(Actions& actions) {
  if (publish_) return;
  Bytes payload = resources_.publication();
  if (payload.empty()) return;
  Message request = cloud_request(Code::post, "/oic/rd");
  request.add(OptionNumber::uri_query, "rt=oic.wk.rdpub");
  request.token = random_token(random_);
  request.payload = std::move(payload);
  publish_ = request.token;
  send(request, actions);
}

// Any code but 2.04 is ignored: the links stay unpublished until there is another reason to publish.
void DeviceMachine::take_publish_answer(const Message& response, Actions& actions) {
  publish_.reset();
  if (response.code != Code::changed) return;
  const auto answer = PublishAnswer::decode(response.payload);
  if (!answer) return;
  resources_.published(answer->links);
  ++counters_.publications;
  actions.push_back(Say{"published " + std::to_string(answer->links.size()) + " resources"});
}

void DeviceMachine::unpublish(Actions& actions) {
  const auto instances = resources_.take_withdrawn();
  if (instances.empty()) return;
  Message request = cloud_request(Code::del, "/oic/rd");
  request.add(OptionNumber::uri_query, "di=" + settings_.device.text());
  for (const std::int64_t instance : instances) {
    request.add(OptionNumber::uri_query, "ins=" + std::to_string(instance));
  }
  request.token = random_token(random_);
  send(request, actions);
}

// -- Messages out

Actions DeviceMachine::set_property(std::string_view href, std::string_view name, Value value,
                                    SteadyTime now) {
  Actions actions;
  send_notifications(resources_.set(href, name, std::move(value), now), actions);
  return actions;
}

void DeviceMachine::send_notifications(const std::vector<Message>& notifications, Actions& actions) {
  for (const Message& notification : notifications) {
    ++counters_.notifications;
    send(notification, actions);
  }
}

void DeviceMachine::send(const Message& message, Actions& actions) {
  actions.push_back(Send{coap::encode_frame(message)});
}

}  // namespace ocf::sim
