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

// Adds a line at the file's end, mode 0600 if it is new, durable when it returns; `line` has no line break. A
// line that a crash cut short stays one of its own. Errors: of the operating system.
Result<void> append_line(const std::filesystem::path& path, std::string_view line);

}  // namespace ocf::pki
