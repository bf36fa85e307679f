#include "server/commands/command.hpp"
#include "server/commands/serve_options.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

namespace ocf::server {
namespace {

void add_print(CLI::App& config, Run& run) {
  auto file = std::make_shared<std::string>();
  CLI::App* command =
      config.add_subcommand("print", "Prints the documented configuration file with the values in effect.");
  command->add_option("--config", *file, "The configuration file; without it the defaults are printed.");
  command->callback([file, &run] {
    run = [file] {
      Config in_effect;
      if (!file->empty()) in_effect = read_config(*file);
      fmt::print("{}", print_config(in_effect));
      return Exit::ok;
    };
  });
}

void add_check(CLI::App& config, Run& run) {
  auto file = std::make_shared<std::string>("-");
  CLI::App* command =
      config.add_subcommand("check", "Reports every mistake in a configuration file, by line.");
  command->add_option("FILE", *file, "The configuration file; - or nothing: standard input.");
  command->callback([file, &run] {
    run = [file] {
      if (*file == "-") {
        const std::string yaml{std::istreambuf_iterator<char>(std::cin), {}};
        refuse_mistakes("standard input", load_config(yaml).mistakes);
      } else {
        read_config(*file);
      }
      fmt::print("The configuration is right.\n");
      return Exit::ok;
    };
  });
}

}  // namespace

void add_config(CLI::App& app, Run& run) {
  CLI::App* config = app.add_subcommand("config", "Shows or checks the configuration; no hub is needed.");
  config->require_subcommand(1);
  add_print(*config, run);
  add_check(*config, run);
}

}  // namespace ocf::server
