#include "server/commands/command_line.hpp"

int main(int argc, char** argv) {
  return static_cast<int>(ocf::server::run_command_line({argv + 1, argv + argc}));
}
