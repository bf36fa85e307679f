// GET /oic/rd: how much a device should prefer this directory to others (OCF Core, section 11.3.6): the share
// of connections that are free.
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {

awaitable<Answer> select(Exchange& exchange) {
  co_return respond(exchange.request, coap::Code::content,
                    encode_selection(exchange.connection.free_percent()));
}

}  // namespace ocf::gateway
