#include "gateway/admission.hpp"

namespace ocf::gateway {

Admission admission_of(coap::Code method, std::string_view path) {
  if (path == path::account && (method == coap::Code::post || method == coap::Code::del))
    return Admission::account;
  if ((path == path::session || path == path::token_refresh) && method == coap::Code::post)
    return Admission::account;
  if (path == path::roles) return Admission::not_here;
  return Admission::after_sign_in;
}

bool is_for_owner(coap::Code method, std::string_view path) {
  const bool publishes = path == path::directory && method != coap::Code::get;
  return admission_of(method, path) == Admission::after_sign_in && !publishes;
}

}  // namespace ocf::gateway
