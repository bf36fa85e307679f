// Everything that the read models know, as lines of JSON that are equal byte by byte if the models are.
#pragma once

#include "cloud/read_models.hpp"
#include "device/device.hpp"

#include <map>
#include <string>
#include <vector>

namespace ocf::http {

// A view of read models that stay as they are meanwhile. Making one visits every device.
class ModelLines {
 public:
  explicit ModelLines(const cloud::ReadModels& models);

  // Registrations of which anything is known, in order.
  const std::vector<device::DeviceKey>& keys() const { return keys_; }

  // {"tenant","di","registration","device"?:{…},"links":[…],"shadow":[…],"pending":[…]} without a newline:
  //   device   "owner","name","registered","released","online","since","epoch","inSync","staleSince"
  //   links    {…link…,"ends"?}
  //   shadow   {"href","version","time","epoch","sequence","etag"?,"content","format"?}
  //   pending  {"href","correlationId","operation","query"?,"content","validUntil","dispatchedTo","owner"}
  std::string line(const device::DeviceKey& key) const;

 private:
  const cloud::ReadModels& models_;
  std::map<device::DeviceKey, const directory::Directory::Claimed*> claimed_;
  std::vector<device::DeviceKey> keys_;
};

}  // namespace ocf::http
