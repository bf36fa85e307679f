#include "server/config/config.hpp"

#include "server/config/config_keys.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <stdexcept>

namespace ocf::server {
namespace {

constexpr const char* file_head =
    "# The configuration of ocf-cloud with all its keys. What is left out has the value that stands here.\n"
    "# `ocf-cloud config check FILE` finds mistakes, `ocf-cloud config print --config FILE` shows what would "
    "be used.\n"
    "# Durations: 500ms, 15s, 2m, 1h. Sizes: 512B, 256KiB, 1MiB.\n";

// How many characters have to be inserted, removed or replaced to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::string unknown_key(const std::string& name, const std::vector<std::string>& known) {
  const auto nearest = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  if (nearest == known.end() ||
      edit_distance(name, *nearest) > std::max<std::size_t>(2, nearest->size() / 3)) {
    return "is not a key";
  }
  return fmt::format("is not a key; did you mean '{}'?", *nearest);
}

// Walks the file, and the table of keys beside it.
class Reader {
 public:
  explicit Reader(LoadedConfig& loaded) : loaded_(loaded), sections_(config_keys(loaded.config)) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    if (!root.IsMap()) return complain(root, "", "the file has to consist of keys with values");
    std::vector<std::string> known;
    for (const ConfigSection& section : sections_) {
      if (!section.name.empty()) known.push_back(section.name);
      if (section.name.empty()) append_names(section, known);
    }
    for_each_key(root, "", known,
                 [this](const YAML::Node& key, const YAML::Node& value) { read_top(key, value); });
  }

 private:
  static void append_names(const ConfigSection& section, std::vector<std::string>& names) {
    for (const ConfigKey& key : section.keys) names.push_back(key.name);
  }

  void complain(const YAML::Node& where, std::string key, std::string sentence) {
    loaded_.mistakes.push_back({where.Mark().line + 1, std::move(key), std::move(sentence)});
  }

  // Calls `read` for every known key of a map, once each.
  template <class Read>
  void for_each_key(const YAML::Node& map, const std::string& prefix, const std::vector<std::string>& known,
                    Read read) {
    std::map<std::string, int> line_of;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        complain(entry.first, prefix, "a key has to be a word");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      const auto [first, is_first] = line_of.emplace(name, entry.first.Mark().line + 1);
      if (!is_first) {
        complain(entry.first, prefix + name,
                 fmt::format("is there a second time, after line {}", first->second));
      } else if (std::find(known.begin(), known.end(), name) == known.end()) {
        complain(entry.first, prefix + name, unknown_key(name, known));
      } else {
        read(entry.first, entry.second);
      }
    }
  }

  void read_top(const YAML::Node& name, const YAML::Node& value) {
    for (const ConfigSection& section : sections_) {
      if (section.name == name.Scalar()) return read_section(section, name, value);
      if (section.name.empty()) read_key(section, "", name, value);
    }
  }

  void read_section(const ConfigSection& section, const YAML::Node& name, const YAML::Node& value) {
    if (value.IsNull()) return;
    if (!value.IsMap()) return complain(name, section.name, "expects keys below it, not a value");
    std::vector<std::string> known;
    append_names(section, known);
    const std::string prefix = section.name + ".";
    for_each_key(value, prefix, known, [&](const YAML::Node& key, const YAML::Node& key_value) {
      read_key(section, prefix, key, key_value);
    });
  }

  // A mistake in a value is reported at its key: there the reader looks, also where the value begins further
  // down.
  void read_key(const ConfigSection& section, const std::string& prefix, const YAML::Node& name,
                const YAML::Node& value) {
    for (const ConfigKey& key : section.keys) {
      if (key.name != name.Scalar()) continue;
      if (std::string wrong = key.set(value); !wrong.empty())
        complain(name, prefix + key.name, std::move(wrong));
    }
  }

  LoadedConfig& loaded_;
  std::vector<ConfigSection> sections_;
};

void print_comment(std::string& out, const std::string& indent, const std::string& comment) {
  std::size_t begin = 0;
  while (begin <= comment.size()) {
    const std::size_t end = std::min(comment.find('\n', begin), comment.size());
    out += indent + "# " + comment.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
}

}  // namespace

std::string Mistake::text() const {
  std::string text = line > 0 ? fmt::format("line {}: ", line) : "";
  if (!key.empty()) text += key + ": ";
  return text + sentence;
}

LoadedConfig load_config(const std::string& yaml) {
  LoadedConfig loaded;
  try {
    Reader(loaded).read(YAML::Load(yaml));
  } catch (const YAML::Exception& e) {
    loaded.mistakes.push_back({e.mark.line + 1, "", "this is not YAML: " + e.msg});
  }
  std::stable_sort(loaded.mistakes.begin(), loaded.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
  return loaded;
}

LoadedConfig load_config_file(const std::filesystem::path& file) {
  std::error_code unknown;  // then it cannot be read either
  if (std::filesystem::is_directory(file, unknown))
    throw std::runtime_error(fmt::format("the configuration file {} is a folder", file.string()));
  std::ifstream in(file, std::ios::binary);
  std::string yaml{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error(fmt::format("the configuration file {} cannot be read", file.string()));
  return load_config(yaml);
}

std::string print_config(const Config& config) {
  Config copy = config;
  std::string out = file_head;
  for (const ConfigSection& section : config_keys(copy)) {
    const std::string indent = section.name.empty() ? "" : "  ";
    if (!section.name.empty()) {
      out += "\n";
      print_comment(out, "", section.comment);
      out += section.name + ":\n";
    }
    for (const ConfigKey& key : section.keys) {
      if (section.name.empty()) out += "\n";
      print_comment(out, indent, key.comment);
      out += indent + key.name + ": " + key.print() + "\n";
    }
  }
  return out;
}

}  // namespace ocf::server
