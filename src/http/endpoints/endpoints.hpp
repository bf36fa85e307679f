// The endpoints of the API, one file each; routes.cpp says where they are found. Their errors become problem
// documents.
#pragma once

#include "base/result.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> list_devices(Exchange& exchange);
awaitable<Result<Response>> show_device(Exchange& exchange);
awaitable<Result<Response>> remove_device(Exchange& exchange);
awaitable<Result<Response>> diff(Exchange& exchange);
awaitable<Result<Response>> history(Exchange& exchange);
awaitable<Result<Response>> refusals(Exchange& exchange);
awaitable<Result<Response>> list_resources(Exchange& exchange);
awaitable<Result<Response>> retrieve_resource(Exchange& exchange);
awaitable<Result<Response>> update_resource(Exchange& exchange);
awaitable<Result<Response>> events(Exchange& exchange);
awaitable<Result<Response>> trace(Exchange& exchange);

}  // namespace ocf::http::endpoints
