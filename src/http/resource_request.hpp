// What GET and PUT of a resource have in common: the request for the device, and its answer as a response.
#pragma once

#include "base/result.hpp"
#include "cloud/cloud.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"

namespace ocf::http {

// The device, the href and the query: `live` (true, false) and `timeToLive` (seconds) are the API's, every
// other parameter is passed on to the device. Errors: malformed_device_id, malformed_href,
// malformed_parameter. Gives the exchange the correlation id of the request.
Result<cloud::Request> resource_request(Exchange& exchange, resource::Operation operation);

// Status and body as outcome_of and set_body say, ETag and Correlation-ID if there are; a refusal as a
// problem.
Response resource_response(const cloud::Answer& answer, std::string_view allow);

}  // namespace ocf::http
