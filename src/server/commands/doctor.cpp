#include "server/doctor.hpp"

#include "net/shard.hpp"
#include "server/commands/command.hpp"
#include "server/commands/serve_options.hpp"
#include "server/commands/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

namespace ocf::server {
namespace {

struct Options : ServeOptions {
  bool json = false;
};

Findings look_at_configuration(const ServeOptions& options, Config& config) {
  const std::string source = options.config_file.empty() ? "The defaults" : options.config_file;
  try {
    config = effective_config(options);
    return {{"configuration", Health::good, source + " can be used."}};
  } catch (const CommandFailure& failure) {
    return {{"configuration", Health::bad, failure.what()}};
  }
}

// With a configuration that cannot be read there is nothing else to look at.
Findings examine(const ServeOptions& options) {
  Config config;
  Findings all = look_at_configuration(options, config);
  if (all.front().health == Health::bad) return all;
  for (Findings found :
       {look_at_data(config), look_at_disk(config), look_at_certificates(config, net::wall_now()),
        look_at_descriptors(config), look_at_clock(), look_at_public_address(config), look_at_hub(config)}) {
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

std::string as_json(const Findings& findings) {
  boost::json::array all;
  for (const Finding& finding : findings) {
    all.push_back(boost::json::object{
        {"subject", finding.subject}, {"health", to_string(finding.health)}, {"sentence", finding.sentence}});
  }
  return boost::json::serialize(boost::json::object{{"findings", std::move(all)}}) + "\n";
}

std::string for_people(const Findings& findings) {
  Table table({"HEALTH", "SUBJECT", "FOUND"});
  for (const Finding& finding : findings) {
    table.add({std::string(to_string(finding.health)), finding.subject, finding.sentence});
  }
  return table.text();
}

Exit doctor(const Options& options) {
  const Findings findings = examine(options);
  fmt::print("{}", options.json ? as_json(findings) : for_people(findings));
  const bool is_bad = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.health == Health::bad; });
  return is_bad ? Exit::failed : Exit::ok;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Looks whether a hub with this configuration can serve on this machine; changes nothing.");
  add_serve_options(*command, *options);
  command->add_flag("--json", options->json, "Prints JSON.");
  command->callback([options, &run] { run = [options] { return doctor(*options); }; });
}

}  // namespace ocf::server
