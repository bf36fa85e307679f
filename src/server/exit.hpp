// How a command of `ocf-cloud` ends: what it exits with, and why it could not do what was asked.
#pragma once

#include <stdexcept>
#include <string>

namespace ocf::server {

// Documented in --help and docs/cli.md; scripts rely on the numbers.
enum class Exit { ok = 0, failed = 1, usage = 2, no_hub = 3, not_found = 4 };

// A command that cannot do what was asked: one sentence for standard error.
class CommandFailure : public std::runtime_error {
 public:
  CommandFailure(Exit exit, const std::string& sentence) : std::runtime_error(sentence), exit_(exit) {}
  Exit exit() const { return exit_; }

 private:
  Exit exit_;
};

}  // namespace ocf::server
