#include "sim/registration.hpp"

#include "base/assert.hpp"
#include "sim/indefinite_writer.hpp"

#include <utility>

namespace ocf::sim {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

namespace {

bool try_later(Code code) { return code == Code::service_unavailable || code == Code::gateway_timeout; }

std::string refused(std::string_view what, Code code) {
  return "the cloud refused the " + std::string(what) + " with " + coap::to_text(code);
}

// How long before its end a token is refreshed.
std::chrono::seconds refresh_after(std::int64_t expires_in) {
  const std::int64_t ahead = expires_in > 3600 ? 600 : expires_in > 240 ? 120 : expires_in > 20 ? 10 : 0;
  return std::chrono::seconds(expires_in - ahead);
}

}  // namespace

Registration::Registration(const DeviceSettings& settings, std::mt19937_64& random)
    : settings_(settings), random_(random), server_(settings.server) {}

void Registration::start(SteadyTime now) { begin(first_step(), now); }

Registration::Step Registration::first_step() const {
  if (uid_.empty()) return Step::sign_up;
  return token_expires_ ? Step::refresh : Step::sign_in;
}

void Registration::begin(Step step, SteadyTime now) {
  step_ = step;
  attempt_ = 0;
  rest(now);
}

// Half of the attempt's time, and up to as much again.
void Registration::rest(SteadyTime now) {
  token_.reset();
  const auto half = settings_.pace.first_pause * (1u << attempt_) / 2;
  std::uniform_int_distribution<std::int64_t> more(0, half.count());
  at_ = now + half + std::chrono::milliseconds(more(random_));
}

// -- Connection and time

Registration::Need Registration::tick(SteadyTime now) {
  if (now < at_ || step_ == Step::stopped) return Need::nothing;
  if (token_) return retry("the cloud did not answer in time", now);
  if (step_ == Step::signed_in) {
    step_ = Step::refresh;
    attempt_ = 0;
    return Need::request;
  }
  if (connected_) return Need::request;
  connecting_ = true;
  at_ = SteadyTime::max();
  return Need::connect;
}

Registration::Need Registration::connected(SteadyTime now) {
  connected_ = true;
  if (!std::exchange(connecting_, false)) return Need::nothing;
  at_ = now;
  return tick(now);
}

void Registration::connect_failed(SteadyTime now) {
  connecting_ = false;
  // Having tried long enough, a device that is signed up begins anew, one that is not stops.
  if (retry("the cloud cannot be reached", now) == Need::reconnect) begin(first_step(), now);
}

void Registration::disconnected(SteadyTime now) {
  connected_ = false;
  connecting_ = false;
  if (step_ == Step::stopped) return;
  if (step_ == Step::sign_up) {
    if (token_) retry("the cloud closed the connection", now);
    return;
  }
  begin(first_step(), now);
}

Registration::Need Registration::retry(std::string why, SteadyTime now) {
  if (++attempt_ < settings_.pace.attempts) {
    rest(now);
    return Need::nothing;
  }
  if (step_ == Step::sign_up) return stop(std::move(why));
  return reconnect(std::move(why));
}

Registration::Need Registration::stop(std::string why) {
  step_ = Step::stopped;
  at_ = SteadyTime::max();
  token_.reset();
  why_ = std::move(why);
  return Need::nothing;
}

Registration::Need Registration::reconnect(std::string why) {
  token_.reset();
  why_ = std::move(why);
  return Need::reconnect;
}

// -- Requests

Message Registration::request(SteadyTime now) {
  OCF_ASSERT(connected_, "requests are asked for on a connection only");
  const bool sign_up = step_ == Step::sign_up;
  Message request = cloud_request(Code::post, sign_up                  ? "/oic/sec/account"
                                              : step_ == Step::sign_in ? "/oic/sec/session"
                                                                       : "/oic/sec/tokenrefresh");
  request.token = random_token(random_);
  IndefiniteWriter writer(request.payload);
  writer.open_map();
  if (!sign_up) writer.text("uid").text(uid_);
  writer.text("di").text(settings_.device.text());
  if (sign_up) {
    writer.text("authprovider").text(settings_.provider).text("accesstoken").text(settings_.code);
    writer.text("devicetype").text("device");
  } else if (step_ == Step::sign_in) {
    writer.text("accesstoken").text(access_token_).text("login").value(true);
  } else {
    writer.text("authprovider").text(settings_.provider).text("granttype").text("refresh_token");
    writer.text("refreshtoken").text(refresh_token_);
  }
  writer.close();
  token_ = request.token;
  at_ = now + settings_.pace.first_answer_time * (1u << attempt_);
  return request;
}

// -- Answers

Registration::Need Registration::answer(const Message& response, SteadyTime now) {
  token_.reset();
  if (try_later(response.code)) return retry("the cloud said " + coap::to_text(response.code), now);
  switch (step_) {
    case Step::sign_up: return sign_up_answered(response, now);
    case Step::sign_in: return sign_in_answered(response, now);
    case Step::refresh: return refresh_answered(response, now);
    case Step::signed_in:
    case Step::stopped: break;
  }
  return Need::nothing;
}

Registration::Need Registration::sign_up_answered(const Message& response, SteadyTime now) {
  if (!coap::is_success(response.code)) return stop(refused("sign-up", response.code));
  auto answer = SignUpAnswer::decode(response.payload);
  if (!answer)
    return stop("the answer to the sign-up lacks what a device needs: " + answer.error().message());
  uid_ = std::move(answer->uid);
  access_token_ = std::move(answer->access_token);
  refresh_token_ = std::move(answer->refresh_token);
  token_expires_ = answer->expires_in != expires_never;
  begin(Step::sign_in, now);
  if (answer->redirect_uri.empty() || answer->redirect_uri == server_) return Need::nothing;
  server_ = std::move(answer->redirect_uri);
  return reconnect("the cloud sent the device to " + server_);
}

Registration::Need Registration::sign_in_answered(const Message& response, SteadyTime now) {
  if (response.code == Code::unauthorized) {
    access_token_.clear();
    begin(Step::refresh, now);
    return Need::nothing;
  }
  if (!coap::is_success(response.code)) return reconnect(refused("sign-in", response.code));
  const auto answer = SignInAnswer::decode(response.payload);
  if (!answer) return reconnect("the answer to the sign-in lacks expiresin");
  step_ = Step::signed_in;
  token_expires_ = answer->expires_in != expires_never;
  at_ = token_expires_ ? now + refresh_after(answer->expires_in) : SteadyTime::max();
  return Need::nothing;
}

Registration::Need Registration::refresh_answered(const Message& response, SteadyTime now) {
  if (response.code == Code::unauthorized) {
    // This is how a hub evicts a device: nothing of the cloud is left on it.
    uid_.clear();
    access_token_.clear();
    refresh_token_.clear();
    stop(refused("token refresh", response.code));
    return Need::reconnect;
  }
  if (!coap::is_success(response.code)) return stop(refused("token refresh", response.code));
  auto answer = RefreshAnswer::decode(response.payload);
  if (!answer)
    return stop("the answer to the token refresh lacks what a device needs: " + answer.error().message());
  access_token_ = std::move(answer->access_token);
  refresh_token_ = std::move(answer->refresh_token);
  token_expires_ = answer->expires_in != expires_never;
  begin(Step::sign_in, now);
  return Need::nothing;
}

Message cloud_request(Code code, std::string_view path) {
  Message request;
  request.code = code;
  request.add_path(path);
  request.add_uint(OptionNumber::accept, coap::content_format::ocf_cbor);
  request.add_uint(OptionNumber::ocf_accept_content_format_version, coap::ocf_version_1_0_0);
  if (code == Code::post) {
    request.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
    request.add_uint(OptionNumber::ocf_content_format_version, coap::ocf_version_1_0_0);
  }
  return request;
}

coap::Token random_token(std::mt19937_64& random) { return coap::Token::of(random()); }

}  // namespace ocf::sim
