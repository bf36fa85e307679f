#include "pki/certificates.hpp"
#include "server/admin/admin_client.hpp"
#include "server/commands/api_client.hpp"
#include "server/commands/hub_options.hpp"
#include "server/exit.hpp"
#include "server/scratch_directory.hpp"
#include "server/test_running_hub.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ocf::server {
namespace {

constexpr const char* some_device = "00000000-0000-4000-8000-000000000001";

class HubTest : public testing::Test {
 protected:
  Config config() const { return on_free_ports(scratch_.path() / "data"); }
  ScratchDirectory scratch_;
};

// What starting a hub fails with.
std::string failure_of(Config config) {
  try {
    Hub hub(std::move(config), [](const telemetry::LogLine&) {});
    hub.run([&hub] { hub.stop(); });
    return "";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

TEST_F(HubTest, SaysWhereItListens) {
  const RunningHub hub(config());
  const json::object status = hub.ask({{"verb", "status"}});
  EXPECT_EQ(text_in(status, "http"), hub.addresses().http->text());
  EXPECT_EQ(text_in(status, "coap_tcp"), hub.addresses().coap_tcp->text());
  EXPECT_EQ(text_in(status, "coap_tls"), hub.addresses().coap_tls->text());
  EXPECT_EQ(text_in(status, "cis"), "coaps+tcp://" + hub.addresses().coap_tls->text());
  EXPECT_NE(hub.addresses().http->port, 0);
}

TEST_F(HubTest, TheTokensItGivesOutOpenItsApi) {
  const RunningHub hub(config());
  const std::string token = text_in(hub.ask({{"verb", "token"}, {"owner", "alice"}}), "token");
  EXPECT_EQ(ApiClient(*hub.addresses().http, token).get("/api/v1/devices").status, 200u);
  EXPECT_EQ(ApiClient(*hub.addresses().http, "nonsense").get("/api/v1/devices").status, 401u);
}

TEST_F(HubTest, TheFirstStartAloneGivesAnAdminToken) {
  {
    const RunningHub first(config());
    ASSERT_TRUE(first.admin_token().has_value());
    EXPECT_EQ(ApiClient(*first.addresses().http, *first.admin_token()).get("/api/v1/devices").status, 200u);
  }
  const RunningHub second(config());
  EXPECT_FALSE(second.admin_token().has_value());
}

TEST_F(HubTest, OnboardingTellsADeviceWhereToGo) {
  Config configured = config();
  configured.public_address = Address{"cloud.example.com", 5684};
  configured.authorization.provider = "plgd";
  const RunningHub hub(configured);
  const json::object answer = hub.ask({{"verb", "onboard"}, {"owner", "alice"}});
  EXPECT_GE(text_in(answer, "code").size(), 22u);
  EXPECT_EQ(text_in(answer, "authprovider"), "plgd");
  EXPECT_EQ(text_in(answer, "cis"), "coaps+tcp://cloud.example.com:5684");
  EXPECT_EQ(text_in(answer, "sid"), text_in(hub.ask({{"verb", "status"}}), "sid"));
  EXPECT_TRUE(pki::read_common_name(text_in(answer, "ca")).has_value());
  EXPECT_NE(text_in(answer, "code"), text_in(hub.ask({{"verb", "onboard"}, {"owner", "alice"}}), "code"));
}

TEST_F(HubTest, WithoutTlsDevicesAreToldThePlainAddress) {
  Config configured = config();
  configured.listeners.coap_tls.reset();
  const RunningHub hub(configured);
  EXPECT_EQ(text_in(hub.ask({{"verb", "onboard"}, {"owner", "a"}}), "cis"),
            "coap+tcp://" + hub.addresses().coap_tcp->text());
}

TEST_F(HubTest, IssuesAndTrustsCertificates) {
  const RunningHub hub(config());
  const json::object device = hub.ask({{"verb", "pki_device"}, {"di", some_device}});
  EXPECT_EQ(pki::read_common_name(text_in(device, "certificate")).value(),
            std::string("uuid:") + some_device);
  const auto foreign =
      pki::create_authority("Their CA", {net::wall_now(), net::wall_now() + std::chrono::hours(1)});
  const json::object trusted = hub.ask({{"verb", "pki_trust"}, {"certificate", foreign->certificate}});
  EXPECT_EQ(text_in(trusted, "common_name"), "Their CA");
  EXPECT_EQ(hub.ask({{"verb", "pki_list"}}).at("certificates").as_array().size(), 3u);
}

TEST_F(HubTest, RevokesAndReadsItsFilesAgain) {
  const RunningHub hub(config());
  hub.ask({{"verb", "pki_device"}, {"di", some_device}});
  const json::object revoked = hub.ask({{"verb", "pki_revoke"}, {"certificate", some_device}});
  EXPECT_EQ(revoked.at("serials").as_array().size(), 1u);
  EXPECT_EQ(text_in(revoked, "closed"), "0");
  EXPECT_EQ(text_in(hub.ask({{"verb", "reload"}}), "warnings"), "[]");
  std::ofstream(config().data / "pki" / "hub.key") << "nothing";
  EXPECT_THROW(hub.ask({{"verb", "reload"}}), CommandFailure);
}

TEST_F(HubTest, RequestsThatMakeNoSenseAreRefused) {
  const RunningHub hub(config());
  const auto exit_of = [&](json::object request) {
    try {
      hub.ask(std::move(request));
      return Exit::ok;
    } catch (const CommandFailure& e) {
      return e.exit();
    }
  };
  EXPECT_EQ(exit_of({}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "dance"}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "token"}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "token"}, {"owner", 5}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "onboard"}, {"owner", "a\nb"}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "onboard"}, {"owner", std::string(129, 'a')}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "pki_device"}, {"di", "light"}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "pki_revoke"}, {"certificate", "lamp"}}), Exit::usage);
  EXPECT_EQ(exit_of({{"verb", "pki_revoke"}, {"certificate", some_device}}), Exit::not_found);
  EXPECT_EQ(exit_of({{"verb", "pki_trust"}, {"certificate", "hello"}}), Exit::failed);
}

TEST_F(HubTest, WithoutCoapThereIsNothingToOnboardTo) {
  Config configured = config();
  configured.listeners.coap_tls.reset();
  configured.listeners.coap_tcp.reset();
  const RunningHub hub(configured);
  EXPECT_THROW(hub.ask({{"verb", "onboard"}, {"owner", "a"}}), CommandFailure);
}

TEST_F(HubTest, ASecondHubInTheSameDirectoryDoesNotStart) {
  const RunningHub hub(config());
  EXPECT_NE(failure_of(config()).find("another hub runs in "), std::string::npos);
}

TEST_F(HubTest, AnAddressThatIsTakenIsASentence) {
  const RunningHub hub(config());
  for (const auto listener : {&Listeners::coap_tcp, &Listeners::coap_tls, &Listeners::http}) {
    Config second = on_free_ports(scratch_.path() / "second");
    second.listeners.*listener = hub.addresses().http;
    EXPECT_NE(failure_of(second).find("on " + hub.addresses().http->text() + ": Address already in use"),
              std::string::npos);
  }
}

TEST_F(HubTest, ATermSignalStopsItCleanly) {
  {
    Hub hub(config(), [](const telemetry::LogLine&) {});
    hub.run([] { std::raise(SIGTERM); });
  }
  EXPECT_FALSE(std::filesystem::exists(admin_socket_path(config().data)));
  EXPECT_EQ(failure_of(config()), "") << "the directory is free again";
}

TEST_F(HubTest, ATermSignalEndsAStart) {
  bool was_ready = false;
  Hub hub(config(), [](const telemetry::LogLine&) {});
  std::raise(SIGTERM);
  hub.run([&was_ready] { was_ready = true; });
  EXPECT_FALSE(was_ready);
}

TEST_F(HubTest, AHangupDuringTheStartIsAReloadBehindIt) {
  bool was_ready = false;
  std::vector<bool> reloads;
  Hub hub(config(), [](const telemetry::LogLine&) {});
  hub.reload_by([&] {
    reloads.push_back(was_ready);
    hub.stop();
    return config();
  });
  std::raise(SIGHUP);
  hub.run([&was_ready] { was_ready = true; });
  EXPECT_EQ(reloads, std::vector<bool>{true});
}

}  // namespace
}  // namespace ocf::server
