#include "links/links.hpp"

namespace ocf::links {
namespace {

const char* sentence(int value) {
  switch (static_cast<LinksError>(value)) {
    case LinksError::permission_denied: return "permission denied";
    case LinksError::too_many_links: return "the device has too many links";
    case LinksError::nothing_matches: return "no published link matches";
  }
  return "unknown";
}

constexpr SentenceCategory category{"links", sentence};

}  // namespace

Error make_error_code(LinksError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::links
