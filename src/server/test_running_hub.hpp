// A whole hub in the process of a test, with its real store and sockets.
#pragma once

#include "server/admin/admin_client.hpp"
#include "server/wiring.hpp"

#include <boost/json/object.hpp>

#include <exception>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace ocf::server {

namespace json = boost::json;

inline Config on_free_ports(const std::filesystem::path& data) {
  Config config;
  config.data = data;
  config.listeners.coap_tcp = Address{"127.0.0.1", 0};
  config.listeners.coap_tls = Address{"127.0.0.1", 0};
  config.listeners.http = Address{"127.0.0.1", 0};
  config.listeners.admin = Address{"127.0.0.1", 0};
  return config;
}

// A hub on a thread of its own, from ready to stopped.
class RunningHub {
 public:
  explicit RunningHub(Config config)
      : data_(config.data),
        hub_(std::move(config), [](const telemetry::LogLine&) {}),
        thread_([this] { run(); }) {
    ready_.get_future().get();
  }
  ~RunningHub() {
    hub_.stop();
    thread_.join();
  }

  json::object ask(json::object request) const { return ask_hub(data_, request); }
  Hub& hub() { return hub_; }
  const HubAddresses& addresses() const { return addresses_; }
  const std::optional<std::string>& admin_token() const { return admin_token_; }

 private:
  void run() {
    try {
      hub_.run([this] {
        addresses_ = hub_.addresses();
        admin_token_ = hub_.first_admin_token();
        ready_.set_value();
      });
    } catch (const std::exception&) {
      ready_.set_exception(std::current_exception());
    }
  }

  const std::filesystem::path data_;
  std::promise<void> ready_;
  HubAddresses addresses_;
  std::optional<std::string> admin_token_;
  Hub hub_;
  std::thread thread_;
};

}  // namespace ocf::server
