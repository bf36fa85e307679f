// Result<T>: a value, or the error that was expected to be possible. Errors are `errc` enums, one per module,
// each with its error category, so that a log line names module and reason.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>

namespace ocf {

using Error = boost::system::error_code;

template <class T>
using Result = boost::system::result<T>;

// A module's error category: a name and a function from enumerator to sentence. One constant per module.
class SentenceCategory final : public boost::system::error_category {
 public:
  using Sentence = const char* (*)(int);
  constexpr SentenceCategory(const char* name, Sentence sentence) : name_(name), sentence_(sentence) {}

  const char* name() const noexcept override { return name_; }
  std::string message(int value) const override { return sentence_(value); }

 private:
  const char* name_;
  Sentence sentence_;
};

}  // namespace ocf
