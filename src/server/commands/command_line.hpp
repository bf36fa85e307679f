// The command line of `ocf-cloud` as a function, so that tests run it without a process.
#pragma once

#include "server/commands/command.hpp"

#include <string>
#include <vector>

namespace ocf::server {

// Parses the words behind the program's name and runs the command: results go to standard output, the
// sentence of a failure to standard error. Throws nothing.
Exit run_command_line(std::vector<std::string> words);

}  // namespace ocf::server
