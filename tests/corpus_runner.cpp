// The main() of a fuzzer that is built without libFuzzer: runs the inputs given, and pseudo-random mutations
// of them.
//
//   some_fuzz file …                                  each file once
//   some_fuzz [-runs=N] [-max_len=N] [directory …]    the directories' files and N mutations, the same in
//   every run
//
// The pool of inputs starts with a few seeds of the formats used here and the files; now and then a mutation
// joins it.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t mutations_kept_max = 512;
constexpr std::size_t edits_max = 5;
constexpr std::size_t block_max = 32;

struct Arguments {
  std::size_t runs = 0;
  std::size_t length_max = 4096;
  std::vector<std::filesystem::path> paths;
};

std::size_t number_after(std::string_view argument, std::string_view name) {
  std::size_t number = 0;
  std::from_chars(argument.data() + name.size(), argument.data() + argument.size(), number);
  return number;
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = values[i];
    if (argument.starts_with("-runs=")) {
      arguments.runs = number_after(argument, "-runs=");
    } else if (argument.starts_with("-max_len=")) {
      arguments.length_max = number_after(argument, "-max_len=");
    } else if (!argument.starts_with("-")) {  // options of libFuzzer that mean nothing here
      arguments.paths.emplace_back(argument);
    }
  }
  return arguments;
}

Input seed(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<Input> built_in_seeds() {
  using namespace std::string_view_literals;
  return {
      Input{},
      seed("\0"sv),
      seed("\xff\xff\xff\xff\xff\xff\xff\xff"sv),
      seed("\xbf\x62rt\x9f\x6a"
           "core.light\xff\x62p1\x19\x01\x02\x61"
           "f\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a\x61n\x20\xff"sv),
      seed("\xa3\x61"
           "a\xf5\x61"
           "b\xf6\x61"
           "c\x82\x5f\x41x\x41y\xff\xc1\x1a\x51\x4b\x67\xb0"sv),
      seed("\x58\xe1\x01\x02\x03\x04\x05\x06\x07\x08\x23\x10\x00\x00\x20"sv),
      seed("\xd8\x07\x02\x01\x02\x03\x04\x05\x06\x07\x08\xb5light\x01\x31"
           "\x12\x27\x10\xe2\x06\xe3\x08\x00\xff\xa1\x65state\xf5"sv),
      seed("\xe8\x00\x01\x45\x01\x02\x03\x04\x05\x06\x07\x08\xc2\x27\x10\xff"sv),
      seed(R"({"name":"Light é","power":[0,-1,1.5e3,true,null],"rep":{"state":false}})"sv),
      seed("GET /api/v1/devices?status=online HTTP/1.1\r\nHost: localhost\r\n\r\n"sv),
      seed("00000000-0000-4000-8000-000000000001"sv),
  };
}

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Input> read_all(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
    } else {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());  // a directory has no order of its own, a run has
  std::vector<Input> inputs;
  for (const auto& file : files) inputs.push_back(read(file));
  return inputs;
}

class Mutator {
 public:
  Mutator(std::vector<Input> seeds, std::size_t length_max)
      : pool_(std::move(seeds)), seeds_(pool_.size()), length_max_(length_max) {}

  Input next() {
    Input input = below(2) == 0 ? pool_[below(seeds_)] : any_of_pool();
    for (std::size_t edits = 1 + below(edits_max); edits > 0; --edits) edit(input);
    if (input.size() > length_max_) input.resize(length_max_);
    if (below(64) == 0) keep(input);
    return input;
  }

 private:
  // Not std::uniform_int_distribution: its numbers differ between standard libraries.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::uint8_t any_byte() { return static_cast<std::uint8_t>(random_()); }
  const Input& any_of_pool() { return pool_[below(pool_.size())]; }

  void keep(const Input& input) {
    if (pool_.size() < seeds_ + mutations_kept_max) {
      pool_.push_back(input);
    } else {
      pool_[seeds_ + below(mutations_kept_max)] = input;
    }
  }

  void edit(Input& input) {
    switch (below(7)) {
      case 0: flip_bit(input); break;
      case 1: set_telling_byte(input); break;
      case 2: insert_random(input); break;
      case 3: erase_block(input); break;
      case 4: repeat_block(input); break;
      case 5: splice(input); break;
      default: input.resize(below(input.size() + 1)); break;
    }
  }

  void flip_bit(Input& input) {
    if (!input.empty()) input[below(input.size())] ^= static_cast<std::uint8_t>(1u << below(8));
  }

  // Bytes at which lengths, types and escapes of the formats change their meaning.
  void set_telling_byte(Input& input) {
    static constexpr std::uint8_t telling[] = {
        0x00, 0x01, 0x0c, 0x0d, 0x0e, 0x0f, 0x17, 0x18, 0x1b, 0x1f, 0x20, 0x22, 0x5b, 0x5c, 0x5f, 0x7b,
        0x7f, 0x80, 0x9b, 0x9f, 0xbf, 0xc0, 0xd0, 0xdd, 0xe0, 0xee, 0xf0, 0xf4, 0xf8, 0xfb, 0xfe, 0xff};
    if (!input.empty()) input[below(input.size())] = telling[below(std::size(telling))];
  }

  void insert_random(Input& input) {
    Input block(1 + below(8));
    for (auto& byte : block) byte = any_byte();
    insert(input, block);
  }

  void erase_block(Input& input) {
    const auto [first, last] = any_block(input);
    input.erase(first, last);
  }

  void repeat_block(Input& input) {
    const auto [first, last] = any_block(input);
    insert(input, Input(first, last));
  }

  void splice(Input& input) {
    Input other = any_of_pool();
    other.erase(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)));
    input.resize(below(input.size() + 1));
    input.insert(input.end(), other.begin(), other.end());
  }

  std::pair<Input::iterator, Input::iterator> any_block(Input& input) {
    const std::size_t start = below(input.size() + 1);
    const std::size_t length = below(std::min(block_max, input.size() - start) + 1);
    const auto first = input.begin() + static_cast<std::ptrdiff_t>(start);
    return {first, first + static_cast<std::ptrdiff_t>(length)};
  }

  void insert(Input& input, const Input& block) {
    input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1)), block.begin(),
                 block.end());
  }

  std::mt19937_64 random_{8323};
  std::vector<Input> pool_;
  std::size_t seeds_;  // the first of the pool
  std::size_t length_max_;
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments = parse(count, values);
  for (const auto& path : arguments.paths) {
    if (std::filesystem::exists(path)) continue;
    std::fprintf(stderr, "%s: there are no such seeds\n", path.c_str());
    return 2;
  }
  std::vector<Input> pool = read_all(arguments.paths);
  for (const Input& input : pool) LLVMFuzzerTestOneInput(input.data(), input.size());
  std::size_t runs = pool.size();

  std::vector<Input> seeds = built_in_seeds();
  pool.insert(pool.end(), std::make_move_iterator(seeds.begin()), std::make_move_iterator(seeds.end()));
  Mutator mutator(std::move(pool), arguments.length_max);
  for (std::size_t i = 0; i < arguments.runs; ++i, ++runs) {
    const Input input = mutator.next();
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu runs\n", runs);
}
