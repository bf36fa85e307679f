#include "cloud/metrics.hpp"

namespace ocf::cloud {

std::string_view name_of(resource::Operation operation) {
  switch (operation) {
    case resource::Operation::create: return "create";
    case resource::Operation::retrieve: return "retrieve";
    case resource::Operation::update: return "update";
    case resource::Operation::remove: return "delete";
  }
  return "other";
}

}  // namespace ocf::cloud
