// What /livez and /readyz answer: checks by name.
#pragma once

#include "http/message.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ocf::server {

// One thing that has to hold; the complaint is a few words, empty if it holds.
struct Check {
  std::string name;
  std::function<std::string()> complain;
};

enum class Detail { failures, all };

// 200 and "ok", or 503 and what fails, a line each; with all details every check has its line.
http::Response health_response(const std::vector<Check>& checks, Detail detail);

}  // namespace ocf::server
