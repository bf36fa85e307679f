#include "server/commands/command_line.hpp"

#include "server/config/config.hpp"
#include "server/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace ocf::server {
namespace {

struct Ran {
  Exit exit;
  std::string output;
  std::string errors;
};

Ran run(std::vector<std::string> words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const Exit exit = run_command_line(std::move(words));
  const std::string output = testing::internal::GetCapturedStdout();
  return {exit, output, testing::internal::GetCapturedStderr()};
}

constexpr const char* some_device = "00000000-0000-4000-8000-000000000001";

TEST(CommandLine, HelpListsTheCommandsAndExitCodes) {
  const Ran help = run({"--help"});
  EXPECT_EQ(help.exit, Exit::ok);
  for (const char* command : {"serve", "demo", "token", "onboard", "devices", "resources", "get", "set",
                              "watch", "history", "pki", "config"}) {
    EXPECT_NE(help.output.find(std::string("\n  ") + command + " "), std::string::npos) << command;
  }
  EXPECT_NE(help.output.find("Exit codes: 0 done;"), std::string::npos);
}

TEST(CommandLine, MistypedCommandsAreUsageMistakes) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"srve"}, {"token"}, {"serve", "--port", "1"}, {"get", some_device}, {"pki"}, {"config"}}) {
    EXPECT_EQ(run(words).exit, Exit::usage) << testing::PrintToString(words);
  }
}

TEST(CommandLine, CommandsSayThatNoHubRuns) {
  const ScratchDirectory directory;
  const std::string data = directory.path().string();
  const std::string file = (directory.path() / "ca.pem").string();
  std::ofstream(file) << "whatever";
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"token", "--owner", "a"},
                                             {"onboard", "--owner", "a"},
                                             {"devices"},
                                             {"resources", some_device},
                                             {"get", some_device, "/light/1"},
                                             {"set", some_device, "/light/1", "{}"},
                                             {"watch"},
                                             {"history", some_device, "/light/1"},
                                             {"pki", "device", some_device},
                                             {"pki", "trust", file},
                                             {"pki", "list"}}) {
    words.insert(words.end(), {"--data", data});
    const Ran ran = run(words);
    EXPECT_EQ(ran.exit, Exit::no_hub) << testing::PrintToString(words);
    EXPECT_EQ(ran.errors, "No hub runs in " + data + "; `ocf-cloud serve --data " + data + "` starts one.\n");
    EXPECT_EQ(ran.output, "");
  }
}

TEST(CommandLine, WhatIsNoDeviceHrefOrJsonIsAUsageMistake) {
  EXPECT_EQ(run({"get", "light", "/light/1"}).exit, Exit::usage);
  EXPECT_EQ(run({"get", some_device, "light"}).exit, Exit::usage);
  EXPECT_EQ(run({"set", some_device, "/light/1", "{on:true"}).exit, Exit::usage);
  EXPECT_EQ(run({"devices", "--http", "here", "--token", "t"}).exit, Exit::usage);
}

TEST(CommandLine, AnEmptyValueIsAUsageMistake) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"devices", "--at", ""},
                                             {"get", some_device, "/light/1", "--at", ""},
                                             {"replay", "--until", ""},
                                             {"replay", "--amend", ""},
                                             {"export", "--from", ""},
                                             {"audit", "--by", "", "--since", ""},
                                             {"serve", "--config", ""}}) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.exit, Exit::usage) << testing::PrintToString(words);
    EXPECT_EQ(ran.errors.substr(ran.errors.find(' ')), " has an empty value.\n");
  }
  EXPECT_EQ(run({"why", ""}).errors, "ABOUT has an empty value.\n");
}

TEST(CommandLine, AHubThatDoesNotAnswerIsAFailure) {
  EXPECT_EQ(run({"devices", "--http", "127.0.0.1:1", "--token", "t"}).exit, Exit::failed);
}

TEST(CommandLine, ConfigPrintGivesTheDefaultsOrTheFileInEffect) {
  EXPECT_EQ(run({"config", "print"}).output, print_config(Config{}));
  const ScratchDirectory directory;
  const std::string file = (directory.path() / "my.yaml").string();
  std::ofstream(file) << "data: /srv/ocf\n";
  Config config;
  config.data = "/srv/ocf";
  EXPECT_EQ(run({"config", "print", "--config", file}).output, print_config(config));
}

TEST(CommandLine, ConfigCheckReportsEveryMistakeByLine) {
  const ScratchDirectory directory;
  const std::string file = (directory.path() / "my.yaml").string();
  std::ofstream(file) << "data: a\n";
  EXPECT_EQ(run({"config", "check", file}).exit, Exit::ok);
  std::ofstream(file) << "date: a\nlimits: 1\n";
  const Ran ran = run({"config", "check", file});
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_EQ(ran.errors, file + ": line 1: date: is not a key; did you mean 'data'?\n" + file +
                            ": line 2: limits: expects keys below it, not a value\n");
  EXPECT_EQ(run({"config", "check", "/nowhere"}).exit, Exit::usage);
  const std::string folder = directory.path().string();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"config", "check", folder}, {"serve", "--config", folder}}) {
    const Ran refused = run(words);
    EXPECT_EQ(refused.exit, Exit::usage);
    EXPECT_EQ(refused.errors, "the configuration file " + folder + " is a folder\n");
  }
}

TEST(CommandLine, ServeRefusesAddressesThatCannotWork) {
  const Ran ran =
      run({"serve", "--http", "0.0.0.0:8080", "--coap-tls", "nonsense", "--public-address", "a:0"});
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_NE(
      ran.errors.find("the command line: --coap-tls: 'nonsense' is neither an address and port, nor 'off'\n"),
      std::string::npos);
  EXPECT_NE(ran.errors.find("--http: '0.0.0.0:8080' is not a loopback address"), std::string::npos);
  EXPECT_NE(ran.errors.find("--public-address: 'a:0' has port 0"), std::string::npos);
}

}  // namespace
}  // namespace ocf::server
