#include "server/commands/command_line.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace ocf::server {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done; 1 refused or failed; 2 mistake in the command line or configuration;\n"
    "3 no hub runs in the data directory; 4 no such device, resource or link.";

// To a script it is a variable that was not set, and the answer to a command without that option would be to
// another question.
void refuse_empty_values(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const auto& values = option->results();
    if (std::find(values.begin(), values.end(), "") != values.end())
      throw CommandFailure(Exit::usage, fmt::format("{} has an empty value.", option->get_name()));
  }
  for (const CLI::App* typed : command.get_subcommands()) refuse_empty_values(*typed);
}

// The word where a command has to be and is none; "": there is none such.
std::string unknown_command(const CLI::App* app, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (app->get_require_subcommand_min() == 0 || word.starts_with('-')) break;
    const auto named = app->get_subcommands([&word](const CLI::App* each) { return each->check_name(word); });
    if (named.empty()) return word;
    app = named.front();
  }
  return "";
}

}  // namespace

Exit run_command_line(std::vector<std::string> words) {
  CLI::App app("A device cloud for OCF devices.", "ocf-cloud");
  app.footer(exit_codes);
  app.set_version_flag("--version", "ocf-cloud " OCF_CLOUD_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);
  Run run;
  for (const auto add :
       {add_serve,  add_demo,  add_token,   add_onboard, add_devices, add_resources,    add_get,
        add_set,    add_watch, add_history, add_diff,    add_audit,   add_protocol_log, add_trace,
        add_export, add_dump,  add_replay,  add_store,   add_why,     add_pki,          add_config,
        add_reload, add_drain, add_doctor,  add_top,     add_backup,  add_restore}) {
    add(app, run);
  }
  if (const std::string word = unknown_command(&app, words); !word.empty()) {
    fmt::print(stderr, "There is no command '{}'; `ocf-cloud --help` names those that there are.\n", word);
    return Exit::usage;
  }
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    refuse_empty_values(app);
    return run();
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? Exit::ok : Exit::usage;  // 0: --help, --version
  } catch (const CommandFailure& e) {
    fmt::print(stderr, "{}\n", e.what());
    return e.exit();
  } catch (const std::exception& e) {
    fmt::print(stderr, "ocf-cloud: {}\n", e.what());
    return Exit::failed;
  }
}

}  // namespace ocf::server
