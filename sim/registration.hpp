// How a device gets into its cloud and stays there: sign-up once, sign-in on every connection, token refresh,
// and the retries of each.
#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "coap/message.hpp"
#include "ocf/payloads.hpp"
#include "sim/settings.hpp"

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace ocf::sim {

// Pure; one per device, over all its connections.
//
//              2.04            2.04             expiry
//   sign_up ─────────▶ sign_in ─────▶ signed_in ──────▶ refresh ──2.04──▶ sign_in
//      │                │    ▲ permanent token  │          │
//      │ refused        │    └──────────────────┤ closed   │ refused
//      ▼                │ 4.01 ▶ refresh        ▼          ▼
//   stopped             │                     refresh   stopped
//                       └─ refused ▶ reconnect
class Registration {
 public:
  enum class Step { sign_up, refresh, sign_in, signed_in, stopped };

  // What is to be done next.
  enum class Need {
    nothing,
    connect,    // to server(), then connected() or connect_failed()
    request,    // send request()
    reconnect,  // close the connection, then disconnected()
  };

  Registration(const DeviceSettings& settings, std::mt19937_64& random);

  void start(SteadyTime now);
  Need connected(SteadyTime now);
  void connect_failed(SteadyTime now);
  // Whoever closed it.
  void disconnected(SteadyTime now);
  Need tick(SteadyTime now);
  SteadyTime deadline() const { return at_; }

  // The request of this step, with a token of its own; it is open from now on.
  coap::Message request(SteadyTime now);
  bool is_answer(const coap::Message& response) const { return token_ && response.token == *token_; }
  // Precondition: is_answer(response).
  Need answer(const coap::Message& response, SteadyTime now);

  Step step() const { return step_; }
  const std::string& server() const { return server_; }
  const std::string& uid() const { return uid_; }
  // Why it stopped, or why it reconnects.
  const std::string& why() const { return why_; }

 private:
  Need sign_up_answered(const coap::Message& response, SteadyTime now);
  Need sign_in_answered(const coap::Message& response, SteadyTime now);
  Need refresh_answered(const coap::Message& response, SteadyTime now);
  Need retry(std::string why, SteadyTime now);
  Need stop(std::string why);
  Need reconnect(std::string why);
  void begin(Step step, SteadyTime now);
  void rest(SteadyTime now);
  Step first_step() const;

  const DeviceSettings& settings_;
  std::mt19937_64& random_;
  std::string server_;
  std::string uid_;  // empty: not signed up
  std::string access_token_;
  std::string refresh_token_;
  bool token_expires_ = false;

  Step step_ = Step::sign_up;
  unsigned attempt_ = 0;
  SteadyTime at_ = SteadyTime::max();  // the end of a pause, of the wait for an answer, or of the token
  bool connected_ = false;
  bool connecting_ = false;
  std::optional<coap::Token> token_;  // of the request that waits for its answer
  std::string why_;
};

// A request to the cloud as real devices write it, without token and payload.
coap::Message cloud_request(coap::Code code, std::string_view path);
coap::Token random_token(std::mt19937_64& random);

}  // namespace ocf::sim
