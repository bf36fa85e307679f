// A hub of its own for the misbehaving device: started in a temporary folder, looked at from outside,
// stopped.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace ocf::misbehaving {

// What a mediator would write into a device.
struct Onboarding {
  std::string code;
  std::string provider;
};

// Lives in main(). Whatever it cannot do ends the program with a sentence: nothing could be measured then.
class HubProcess {
 public:
  // Starts `binary serve` on free ports of loopback, with limits that let misbehaviour end within seconds.
  explicit HubProcess(std::string binary);
  // Stops it if it runs, and removes its folder.
  ~HubProcess();
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  std::uint16_t tcp_port() const { return tcp_port_; }
  std::uint16_t tls_port() const { return tls_port_; }
  // A one-time code; everything belongs to one owner.
  Onboarding onboard() const;
  // Resident memory, in KiB.
  long resident_kib() const;
  bool is_running() const;
  // Asks it to stop and waits. True: it ended cleanly.
  bool stop();

 private:
  const std::string binary_;
  std::string folder_;
  pid_t process_ = 0;
  std::uint16_t tcp_port_ = 0;
  std::uint16_t tls_port_ = 0;
};

// The limits that the hub was started with, in seconds.
constexpr int first_message_seconds = 2;
constexpr int message_seconds = 3;
constexpr int ping_seconds = 2;

// Ends the program.
[[noreturn]] void give_up(const std::string& why);

}  // namespace ocf::misbehaving
