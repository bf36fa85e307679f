// Files of keys and certificates, readable by their owner alone.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace ocf::pki {

// The whole file, at most 1 MiB. Errors: of the operating system; file_too_large.
Result<std::string> load(const std::filesystem::path& path);

// Replaces the file at once or not at all, mode 0600, durable when it returns. Errors: of the operating
// system.
Result<void> save(const std::filesystem::path& path, std::string_view content);

}  // namespace ocf::pki
