#include "http/target.hpp"

#include "base/bytes.hpp"
#include "cbor/cbor.hpp"
#include "http/error.hpp"

#include <boost/url/params_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/segments_view.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace ocf::http {
namespace {

// What is decoded becomes part of events and of JSON, so it has to be text.
bool is_text(std::string_view decoded) {
  const auto is_control = [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
  };
  if (std::any_of(decoded.begin(), decoded.end(), is_control)) return false;
  Bytes item;
  cbor::Writer(item).text(decoded);
  return cbor::check(item).has_value();
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  const auto url = boost::urls::parse_origin_form({text.data(), text.size()});
  // Boost.URL takes a "/." at the beginning for a mark of its own, and leaves it out.
  if (!url || text.starts_with("/./")) return HttpError::malformed_target;
  Target target;
  for (const auto& segment : url->segments()) {
    target.segments.emplace_back(segment);
    if (!is_text(target.segments.back())) return HttpError::malformed_target;
  }
  boost::urls::encoding_opts as_forms_do;
  as_forms_do.space_as_plus = true;
  for (const auto& parameter : url->params(as_forms_do)) {
    if (!is_text(parameter.key) || !is_text(parameter.value)) return HttpError::malformed_target;
    target.query.push_back({parameter.key, parameter.value, parameter.has_value});
  }
  return target;
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const Parameter& parameter : query) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

}  // namespace ocf::http
