// What all commands of `ocf-cloud` share: how they are declared, and how they end.
#pragma once

#include "server/exit.hpp"

#include <CLI/App.hpp>

#include <functional>

namespace ocf::server {

// The command that was typed, once the command line is parsed. Throws CommandFailure.
using Run = std::function<Exit()>;

// Each adds one command to the command line, which sets `run` when it is the one that was typed. Both outlive
// parsing and running.
void add_serve(CLI::App& app, Run& run);
void add_demo(CLI::App& app, Run& run);
void add_token(CLI::App& app, Run& run);
void add_onboard(CLI::App& app, Run& run);
void add_devices(CLI::App& app, Run& run);
void add_resources(CLI::App& app, Run& run);
void add_get(CLI::App& app, Run& run);
void add_set(CLI::App& app, Run& run);
void add_watch(CLI::App& app, Run& run);
void add_export(CLI::App& app, Run& run);
void add_dump(CLI::App& app, Run& run);
void add_replay(CLI::App& app, Run& run);
void add_store(CLI::App& app, Run& run);
void add_diff(CLI::App& app, Run& run);
void add_history(CLI::App& app, Run& run);
void add_audit(CLI::App& app, Run& run);
void add_protocol_log(CLI::App& app, Run& run);
void add_trace(CLI::App& app, Run& run);
void add_why(CLI::App& app, Run& run);
void add_pki(CLI::App& app, Run& run);
void add_config(CLI::App& app, Run& run);
void add_reload(CLI::App& app, Run& run);
void add_drain(CLI::App& app, Run& run);
void add_top(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_backup(CLI::App& app, Run& run);
void add_restore(CLI::App& app, Run& run);

}  // namespace ocf::server
