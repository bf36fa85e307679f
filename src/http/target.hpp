// The target of a request, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ocf::http {

struct Target {
  struct Parameter {
    std::string name;
    std::string value;
    bool has_value = false;  // "live=" has, "live" has not
    friend bool operator==(const Parameter&, const Parameter&) = default;
  };

  std::vector<std::string> segments;  // of the path; "%2F" within one is a '/' here
  std::vector<Parameter> query;       // "+" is a space, as forms and URLSearchParams write it

  // Errors: malformed_target.
  static Result<Target> parse(std::string_view text);

  // The value of the first parameter of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

}  // namespace ocf::http
