// The cloud's side of a simulated device in tests: takes the machine's actions, keeps its time, answers.
#pragma once

#include "coap/frame.hpp"
#include "coap/signaling.hpp"
#include "ocf/payloads.hpp"
#include "sim/device_machine.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace ocf::sim {

inline DeviceSettings test_device() {
  DeviceSettings settings;
  settings.device = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
  settings.code = "authcode1";
  settings.server = "coap+tcp://127.0.0.1:5690";
  settings.local_endpoints = {"coap://192.0.2.2:35303", "coap+tcp://192.0.2.2:32921"};
  return settings;
}

inline coap::Message response_to(const coap::Message& request, coap::Code code, Bytes payload = {}) {
  coap::Message response;
  response.code = code;
  response.token = request.token;
  if (!payload.empty()) {
    response.add_uint(coap::OptionNumber::content_format, coap::content_format::ocf_cbor);
    response.payload = std::move(payload);
  }
  return response;
}

inline coap::Message request_for(coap::Code code, std::string_view path, std::uint64_t token) {
  coap::Message request;
  request.code = code;
  request.token = coap::Token::of(token);
  request.add_path(path);
  return request;
}

class MachineCloud {
 public:
  explicit MachineCloud(DeviceSettings settings, std::uint64_t seed = 1)
      : machine(std::move(settings), seed, Time(std::chrono::seconds(1'795'000'000)), now) {
    machine.start(now);
  }

  // The next message that the device sends, waiting for it as long as the device has something to do. An
  // empty message if it never sends one.
  coap::Message next() {
    while (sent.empty() && machine.deadline() != SteadyTime::max()) tick();
    if (sent.empty()) return {};
    coap::Message message = std::move(sent.front());
    sent.pop_front();
    return message;
  }

  // The next one that is no ping; pings get their pongs.
  coap::Message next_request() {
    for (;;) {
      coap::Message message = next();
      if (message.code != coap::Code::ping) return message;
      say(coap::pong(message));
    }
  }

  // Lets the device do whatever it has to do first.
  void tick() {
    now = std::max(now, machine.deadline());
    run(machine.tick(now));
  }
  void pass(std::chrono::milliseconds time) {
    const SteadyTime end = now + time;
    while (machine.deadline() <= end) tick();
    now = end;
  }

  void say(const coap::Message& message) { say(coap::encode_frame(message)); }
  void say(const Bytes& segment) { run(machine.receive(segment, now)); }
  // A request, and the device's answer: the first thing it sends.
  coap::Message ask(const coap::Message& request) {
    say(request);
    EXPECT_FALSE(sent.empty()) << "no answer to " << request;
    return next();
  }
  void disconnect() {
    connected = false;
    run(machine.disconnected(now));
  }

  static Bytes sign_up_answer(std::int64_t expires_in = expires_never) {
    SignUpAnswer answer;
    answer.access_token = "at-1";
    answer.refresh_token = "rt-1";
    answer.uid = "11111111-2222-3333-4444-555555555555";
    answer.expires_in = expires_in;
    return answer.encode();
  }

  // Answers the sign-up, and the sign-in that follows, and the publication.
  void sign_up(std::int64_t expires_in = expires_never) {
    say(response_to(next(), coap::Code::changed, sign_up_answer(expires_in)));
    sign_in(expires_in);
    confirm_publication(next());
  }
  void sign_in(std::int64_t expires_in = expires_never) {
    const coap::Message request = next();
    EXPECT_EQ(request.path(), "/oic/sec/session");
    SignInAnswer answer;
    answer.expires_in = expires_in;
    say(response_to(request, coap::Code::changed, answer.encode()));
  }
  // With instances from 100 on.
  void confirm_publication(const coap::Message& request) {
    EXPECT_EQ(request.path(), "/oic/rd");
    const auto published = PublishRequest::decode(request.payload);
    ASSERT_TRUE(published) << published.error();
    PublishAnswer answer{published->device, published->links, 0};
    std::int64_t instance = 100;
    for (Link& link : answer.links) link.instance = instance++;
    say(response_to(request, coap::Code::changed, answer.encode()));
  }

  void run(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* connect = std::get_if<Connect>(&action)) {
        connects.push_back(connect->uri);
        connected = reachable;
        run(reachable ? machine.connected(now) : machine.connect_failed("refused", now));
      } else if (const auto* send = std::get_if<Send>(&action)) {
        sent.push_back(coap::decode_frame(send->bytes, {}).value().value().message);
        written.push_back(send->bytes);
      } else if (std::holds_alternative<Close>(action)) {
        connected = false;
      } else {
        said.push_back(std::get<Say>(action).sentence);
      }
    }
  }

  SteadyTime now{};
  DeviceMachine machine;
  bool reachable = true;
  bool connected = false;
  std::deque<coap::Message> sent;
  std::vector<Bytes> written;  // every message, as bytes
  std::vector<std::string> connects;
  std::vector<std::string> said;
};

}  // namespace ocf::sim
