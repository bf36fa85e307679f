// What an endpoint gets and gives. One file per endpoint in endpoints/; routes.cpp is their table.
#pragma once

#include "base/limits.hpp"
#include "cloud/cloud.hpp"
#include "coap/message.hpp"
#include "gateway/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ocf::gateway {

class Connection;

template <class T>
using awaitable = boost::asio::awaitable<T>;

// What all connections of a gateway share. Outlives them.
struct Settings {
  const Limits& limits;
  std::string
      tls_endpoint;  // "coaps+tcp://host:port", advertised to who asks over TLS; empty: no such listener
  std::string tcp_endpoint;  // "coap+tcp://host:port"
};

// A request that is served. Lives in the coroutine that serves it.
struct Exchange {
  Connection& connection;
  cloud::Cloud& cloud;
  const Settings& settings;
  coap::Message request;
};

struct Answer {
  explicit Answer(coap::Message message_) : message(std::move(message_)) {}
  Answer(coap::Message message_, Outcome outcome_)
      : message(std::move(message_)), outcome(std::move(outcome_)) {}
  coap::Message message;  // its token is set by the session
  Outcome outcome;
};

using Endpoint = awaitable<Answer> (*)(Exchange&);

// A response with a payload in the content format that the request accepts; OCF's version option where the
// request has its sibling.
Answer respond(const coap::Message& request, coap::Code code, Bytes payload = {});
// A refusal: its reason is noted (Gateway::note), and told to peers that take diagnostics; of credentials
// they are told no more than that.
Answer refuse(Exchange& exchange, coap::Code code, std::string_view why);
Answer refuse(Exchange& exchange, const Error& error);
// A refusal of an account request (see account_code_of).
Answer refuse_account(Exchange& exchange, const Error& error);
// Before a sign-up, a sign-in or a refresh: 5.03 if there are too many of them now.
std::optional<Answer> refuse_for_now(Exchange& exchange);

// The content format of an answer: what the request accepts, of the two names of CBOR; nullopt: something
// else, 4.06.
std::optional<std::uint16_t> accepted_format(const coap::Message& request);
// Whether a GET ends the observation that has its token: with Observe 1 (RFC 7641 §3.6), or because the token
// has another use now. Only the later blocks of a notification may be fetched with it.
bool ends_observation(const coap::Message& request);
// Whether the request's payload is CBOR by its content format, or by default.
bool has_cbor_payload(const coap::Message& request);

}  // namespace ocf::gateway
