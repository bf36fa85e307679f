#include "server/config/config.hpp"

#include "server/config/config_changes.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace ocf::server {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> mistakes_in(const std::string& yaml) {
  std::vector<std::string> texts;
  for (const Mistake& mistake : load_config(yaml).mistakes) texts.push_back(mistake.text());
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Config, TheDocumentedFileIsWhatPrintingTheDefaultsGives) {
  std::ifstream in(OCF_SOURCE_DIR "/config/ocf-cloud.yaml", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(print_config(Config{}), file);
}

TEST(Config, AnEmptyFileMeansTheDefaults) {
  for (const char* empty : {"", "\n# nothing\n", "limits:\n", "---\n"}) {
    const LoadedConfig loaded = load_config(empty);
    EXPECT_TRUE(loaded.mistakes.empty()) << empty;
    EXPECT_EQ(print_config(loaded.config), print_config(Config{})) << empty;
  }
}

TEST(Config, ValuesOfTheFileReplaceTheDefaults) {
  const LoadedConfig loaded = load_config(R"(
listeners:
  coap_tls: off
  coap_tcp: "[::1]:0"
  http: 127.0.0.2:9000
public_address: cloud.example.com:5684
data: /var/lib/ocf cloud
authorization:
  provider: plgd
  code_lifetime: 90s
tls:
  client_certificate: if_given
  trusted_ca_files: [a.pem, 'b: c.pem']
  crl_files: [a.crl]
limits:
  frame_bytes_max: 1MiB
  options_per_message_max: 20
  ping_interval: 2m
)");
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().text();
  const Config& config = loaded.config;
  EXPECT_EQ(config.listeners.coap_tls, std::nullopt);
  EXPECT_EQ(config.listeners.coap_tcp, (Address{"::1", 0}));
  EXPECT_EQ(config.listeners.http, (Address{"127.0.0.2", 9000}));
  EXPECT_EQ(config.public_address, (Address{"cloud.example.com", 5684}));
  EXPECT_EQ(config.data, "/var/lib/ocf cloud");
  EXPECT_EQ(config.authorization.provider, "plgd");
  EXPECT_EQ(config.authorization.code_lifetime, 90s);
  EXPECT_EQ(config.authorization.access_token_lifetime, 3600s);
  EXPECT_EQ(config.tls.trusted_ca_files, (Texts{"a.pem", "b: c.pem"}));
  EXPECT_EQ(config.tls.crl_files, Texts{"a.crl"});
  EXPECT_EQ(config.tls.client_certificate, net::ClientCertificate::if_given);
  EXPECT_EQ(config.limits.frame_bytes_max, 1024u * 1024u);
  EXPECT_EQ(config.limits.options_per_message_max, 20u);
  EXPECT_EQ(config.limits.ping_interval, 120s);
}

TEST(Config, WhatIsPrintedIsReadBack) {
  Config config;
  config.listeners.coap_tls.reset();
  config.listeners.coap_tcp = Address{"::1", 5683};
  config.public_address = Address{"cloud.example.com", 443};
  config.data = "/tmp/a: b # c";
  config.authorization.provider = "off";
  config.tls.trusted_ca_files = {"one.pem", "- two.pem"};
  config.limits.sign_in_time = 90s;
  config.limits.href_bytes_max = 513;
  const std::string printed = print_config(config);
  const LoadedConfig loaded = load_config(printed);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().text();
  EXPECT_EQ(print_config(loaded.config), printed);
  EXPECT_EQ(loaded.config.data, config.data);
  EXPECT_EQ(loaded.config.tls.trusted_ca_files, config.tls.trusted_ca_files);
}

TEST(Config, AnUnknownKeyIsRefusedWithTheOneThatMayHaveBeenMeant) {
  EXPECT_EQ(mistakes_in("listners:\n"), Texts{"line 1: listners: is not a key; did you mean 'listeners'?"});
  EXPECT_EQ(mistakes_in("\nlimits:\n  ping_intervall: 1m\n"),
            Texts{"line 3: limits.ping_intervall: is not a key; did you mean 'ping_interval'?"});
  EXPECT_EQ(mistakes_in("colour: blue\n"), Texts{"line 1: colour: is not a key"});
}

TEST(Config, ValuesOfAnotherKindAreRefused) {
  EXPECT_EQ(mistakes_in("limits: 5\n"), Texts{"line 1: limits: expects keys below it, not a value"});
  EXPECT_EQ(mistakes_in("data: [a]\n"), Texts{"line 1: data: expects one value, not a list"});
  EXPECT_EQ(mistakes_in("data:\n  a: b\n"), Texts{"line 1: data: expects one value, not keys below it"});
  EXPECT_EQ(mistakes_in("data:\n"), Texts{"line 1: data: has no value"});
  EXPECT_EQ(mistakes_in("data: ''\n"), Texts{"line 1: data: must not be empty"});
  EXPECT_EQ(mistakes_in("authorization:\n  provider: ''\n"),
            Texts{"line 2: authorization.provider: must not be empty"});
  EXPECT_EQ(mistakes_in("tls:\n  trusted_ca_files: a.pem\n"),
            Texts{"line 2: tls.trusted_ca_files: expects a list, such as [first.pem, second.pem]"});
  EXPECT_EQ(mistakes_in("tls:\n  client_certificate: never\n"),
            Texts{"line 2: tls.client_certificate: 'never' is neither 'require' nor 'if_given'"});
  EXPECT_EQ(mistakes_in("tls:\n  trusted_ca_files: [[a]]\n"),
            Texts{"line 2: tls.trusted_ca_files: expects a list of texts"});
  EXPECT_EQ(mistakes_in("- a\n"), Texts{"line 1: the file has to consist of keys with values"});
  EXPECT_EQ(mistakes_in("[a]: b\n"), Texts{"line 1: a key has to be a word"});
}

TEST(Config, NumbersOutOfRangeOrOfAnotherFormAreRefused) {
  EXPECT_EQ(mistakes_in("limits:\n  ping_retries: many\n"),
            Texts{"line 2: limits.ping_retries: 'many' is not a whole number"});
  EXPECT_EQ(mistakes_in("limits:\n  ping_retries: 11\n"),
            Texts{"line 2: limits.ping_retries: '11' is not between 0 and 10"});
  EXPECT_EQ(mistakes_in("limits:\n  ping_retries: -1\n"),
            Texts{"line 2: limits.ping_retries: '-1' is not a whole number"});
  EXPECT_EQ(mistakes_in("limits:\n  ping_interval: 15\n"),
            Texts{"line 2: limits.ping_interval: '15' is not a duration, such as 15s, 2m or 1h"});
  EXPECT_EQ(mistakes_in("limits:\n  ping_interval: 1500ms\n"),
            Texts{"line 2: limits.ping_interval: '1500ms' is not a whole number of seconds"});
  EXPECT_EQ(mistakes_in("limits:\n  ping_interval: 48h\n"),
            Texts{"line 2: limits.ping_interval: '48h' is not between 1s and 24h"});
  EXPECT_EQ(mistakes_in("limits:\n  frame_bytes_max: 1GiB\n"),
            Texts{"line 2: limits.frame_bytes_max: '1GiB' is not between 8KiB and 16MiB"});
  EXPECT_EQ(mistakes_in("limits:\n  frame_bytes_max: large\n"),
            Texts{"line 2: limits.frame_bytes_max: 'large' is not a size, such as 512B, 256KiB or 1MiB"});
}

TEST(Config, AddressesThatCannotWorkAreRefused) {
  EXPECT_EQ(mistakes_in("listeners:\n  coap_tls: 5684\n"),
            Texts{"line 2: listeners.coap_tls: '5684' is neither an address and port, such as "
                  "127.0.0.1:5684, nor 'off'"});
  EXPECT_EQ(
      mistakes_in("listeners:\n  coap_tls: example.com:5684\n"),
      Texts{"line 2: listeners.coap_tls: 'example.com:5684' has no IP address: a listener needs one, such as "
            "127.0.0.1 or 0.0.0.0"});
  EXPECT_EQ(
      mistakes_in("listeners:\n  http: 0.0.0.0:8080\n"),
      Texts{
          "line 2: listeners.http: '0.0.0.0:8080' is not a loopback address: HTTP has no TLS yet, so tokens "
          "would cross the network in the clear"});
  EXPECT_EQ(
      mistakes_in("public_address: example.com:0\n"),
      Texts{"line 1: public_address: 'example.com:0' has port 0, but devices need the port to connect to"});
}

TEST(Config, AKeyThatIsThereTwiceIsRefused) {
  EXPECT_EQ(mistakes_in("data: a\n\ndata: b\n"), Texts{"line 3: data: is there a second time, after line 1"});
}

TEST(Config, BrokenYamlIsRefusedWithItsLine) {
  const std::vector<Mistake> mistakes = load_config("data: a\nlimits: [\n").mistakes;
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_GE(mistakes[0].line, 2);
  EXPECT_EQ(mistakes[0].sentence.rfind("this is not YAML: ", 0), 0u) << mistakes[0].text();
}

TEST(Config, AllMistakesAreReportedAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(mistakes_in("limits:\n  cbor_depth_max: 1\n  cbor_depht_max: 5\ndata: []\nnone: 1\n"),
            (Texts{"line 2: limits.cbor_depth_max: '1' is not between 4 and 64",
                   "line 3: limits.cbor_depht_max: is not a key; did you mean 'cbor_depth_max'?",
                   "line 4: data: expects one value, not a list", "line 5: none: is not a key"}));
}

TEST(Config, AFileThatCannotBeReadIsAnError) {
  EXPECT_THROW(load_config_file("/nowhere/ocf-cloud.yaml"), std::runtime_error);
}

TEST(ConfigValues, DurationsHaveAUnit) {
  EXPECT_EQ(parse_duration("15s"), 15'000ms);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2m"), 120'000ms);
  EXPECT_EQ(parse_duration("1h"), 3'600'000ms);
  EXPECT_EQ(parse_duration("0s"), 0ms);
  for (const char* wrong :
       {"", "s", "15", "15 s", "1.5s", "-1s", "15sec", "1h30m", "999999999999h", "9999999999999999999s"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(ConfigValues, DurationsAreWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(duration_text(500ms), "500ms");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(120s), "2m");
  EXPECT_EQ(duration_text(86'400s), "24h");
}

TEST(ConfigChanges, AreWhatTheFileWouldSay) {
  EXPECT_TRUE(changes({}, {}).empty());
  Config wanted;
  wanted.public_address = Address{"cloud.example.com", 5684};
  wanted.listeners.coap_tls.reset();
  wanted.tls.crl_files = {"a.pem"};
  wanted.limits.ping_interval = 30s;
  wanted.limits.connections_max = 5;
  std::vector<std::string> texts;
  for (const ConfigChange& change : changes({}, wanted)) texts.push_back(change.text());
  EXPECT_EQ(texts,
            (std::vector<std::string>{"listeners.coap_tls: 0.0.0.0:5684 -> off (after a restart)",
                                      "public_address: auto -> cloud.example.com:5684 (after a restart)",
                                      "tls.crl_files: [] -> [a.pem]", "limits.ping_interval: 1m -> 30s",
                                      "limits.connections_max: 100000 -> 5 (after a restart)"}));
}

TEST(ConfigChanges, WhatWasTakenOverDiffersNoMore) {
  Config running;
  Config wanted;
  wanted.authorization.provider = "other";
  wanted.limits.ping_interval = 30s;
  take_over(wanted, running);
  const auto left = changes(running, wanted);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.front().key, "authorization.provider");
  EXPECT_TRUE(left.front().needs_restart);
}

TEST(ConfigValues, SizesHaveBinaryUnits) {
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("256KiB"), 262'144u);
  EXPECT_EQ(parse_size("1MiB"), 1'048'576u);
  EXPECT_EQ(parse_size("2GiB"), 2'147'483'648u);
  for (const char* wrong : {"", "KiB", "1KB", "1 KiB", "1k", "-1", "99999999999GiB"}) {
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(size_text(0), "0B");
  EXPECT_EQ(size_text(1536), "1536B");
  EXPECT_EQ(size_text(8192), "8KiB");
}

TEST(ConfigValues, AddressesAreHostAndPort) {
  EXPECT_EQ(parse_address("127.0.0.1:0"), (Address{"127.0.0.1", 0}));
  EXPECT_EQ(parse_address("[::1]:5684"), (Address{"::1", 5684}));
  EXPECT_EQ(parse_address("cloud.example.com:65535"), (Address{"cloud.example.com", 65535}));
  EXPECT_EQ((Address{"::1", 5684}.text()), "[::1]:5684");
  for (const char* wrong :
       {"", ":1", "host", "host:", "host:x", "host:65536", "::1:5684", "[::1]", "[]:1", "a b:1", "[a]:1"}) {
    EXPECT_EQ(parse_address(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace ocf::server
