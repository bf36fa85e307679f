#include "server/observability/health.hpp"

#include <fmt/format.h>

namespace ocf::server {

http::Response health_response(const std::vector<Check>& checks, Detail detail) {
  std::string lines;
  bool holds = true;
  for (const Check& check : checks) {
    const std::string complaint = check.complain();
    if (!complaint.empty()) {
      holds = false;
      lines += fmt::format("[-] {}: {}\n", check.name, complaint);
    } else if (detail == Detail::all) {
      lines += fmt::format("[+] {}\n", check.name);
    }
  }
  http::Response response(holds ? 200 : 503);
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.body = lines + (holds ? "ok\n" : "not ok\n");
  return response;
}

}  // namespace ocf::server
