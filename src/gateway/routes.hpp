// Which endpoint serves a request.
#pragma once

#include "gateway/endpoint.hpp"

namespace ocf::gateway {

// Never null: what nobody serves is answered 4.04, or 4.05 where the path exists with other methods. A format
// that the hub's own resource does not have: 4.06, a condition that does not hold for it: 4.12.
Endpoint endpoint_of(const coap::Message& request);

// "sign_up"; of what nobody serves "none". For programs, never renamed.
std::string_view name_of(Endpoint endpoint);

// The endpoints, one file each in endpoints/.
awaitable<Answer> sign_up(Exchange& exchange);
awaitable<Answer> sign_off(Exchange& exchange);
awaitable<Answer> sign_in_or_out(Exchange& exchange);
awaitable<Answer> refresh_token(Exchange& exchange);
awaitable<Answer> publish(Exchange& exchange);
awaitable<Answer> unpublish(Exchange& exchange);
awaitable<Answer> select(Exchange& exchange);
awaitable<Answer> discover(Exchange& exchange);
awaitable<Answer> describe(Exchange& exchange);
awaitable<Answer> retrieve(Exchange& exchange);
awaitable<Answer> update(Exchange& exchange);
awaitable<Answer> remove(Exchange& exchange);
awaitable<Answer> replace(Exchange& exchange);

}  // namespace ocf::gateway
