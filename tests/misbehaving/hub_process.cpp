#include "hub_process.hpp"

#include <boost/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sstream>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ocf::misbehaving {
namespace {

std::string new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ocf-misbehaving-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) give_up("no temporary folder");
  return name;
}

std::string config() {
  std::ostringstream text;
  text << "limits:\n  first_message_time: " << first_message_seconds
       << "s\n  tls_handshake_time: " << first_message_seconds << "s\n  message_time: " << message_seconds
       << "s\n  ping_interval: " << ping_seconds << "s\n  ping_retries: 2\n";
  // The load comes from one address, in the name of one owner, and is meant.
  for (const char* rate : {"accepts_per_second", "sign_ins_per_second", "device_messages_per_second",
                           "owner_requests_per_second"}) {
    text << "  " << rate << ": 1000000\n";
  }
  return text.str();
}

// "127.0.0.1:5683" behind "coap-tcp=".
std::uint16_t port_behind(std::string_view line, std::string_view name) {
  const auto begin = line.find(name);
  if (begin == std::string_view::npos) return 0;
  const auto colon = line.find(':', begin);
  return static_cast<std::uint16_t>(std::stoul(std::string(line.substr(colon + 1))));
}

std::string output_of(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) give_up("cannot run " + command);
  std::string output;
  std::array<char, 4096> part{};
  while (const std::size_t count = fread(part.data(), 1, part.size(), pipe))
    output.append(part.data(), count);
  if (pclose(pipe) != 0) give_up("failed: " + command);
  return output;
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "misbehaving: %s\n", why.c_str());
  std::exit(1);
}

HubProcess::HubProcess(std::string binary) : binary_(std::move(binary)), folder_(new_folder()) {
  std::ofstream(folder_ + "/ocf-cloud.yaml") << config();
  int ready[2];
  if (pipe(ready) != 0) give_up("no pipe");
  process_ = fork();
  if (process_ == 0) {
    const int log = open((folder_ + "/hub.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(ready[1], STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(ready[0]);
    execl(binary_.c_str(), binary_.c_str(), "serve", "--data", (folder_ + "/data").c_str(), "--config",
          (folder_ + "/ocf-cloud.yaml").c_str(), "--coap-tcp", "127.0.0.1:0", "--coap-tls", "127.0.0.1:0",
          "--http", "127.0.0.1:0", "--admin", "off", nullptr);
    _exit(127);
  }
  close(ready[1]);
  std::string said;
  char byte = 0;
  while (said.find("\nready") == std::string::npos || said.back() != '\n') {
    if (read(ready[0], &byte, 1) != 1) give_up("the hub does not start: " + said);
    said += byte;
  }
  const auto line = said.substr(said.find("\nready"));
  tcp_port_ = port_behind(line, "coap-tcp=");
  tls_port_ = port_behind(line, "coap-tls=");
}

HubProcess::~HubProcess() {
  if (process_ != 0) stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Onboarding HubProcess::onboard() const {
  const std::string json =
      output_of(binary_ + " onboard --owner neighbour --json --data " + folder_ + "/data");
  const boost::json::value value = boost::json::parse(json);
  return {std::string(value.at("code").as_string()), std::string(value.at("authprovider").as_string())};
}

long HubProcess::resident_kib() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  give_up("the hub has ended");
}

bool HubProcess::is_running() const { return waitpid(process_, nullptr, WNOHANG) == 0; }

bool HubProcess::stop() {
  kill(process_, SIGTERM);
  int status = 0;
  const bool ended = waitpid(std::exchange(process_, 0), &status, 0) > 0;
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace ocf::misbehaving
