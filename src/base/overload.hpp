// overload{f, g, …}: one visitor for std::visit out of several lambdas.
#pragma once

namespace ocf {

template <class... F>
struct overload : F... {
  using F::operator()...;
};
template <class... F>
overload(F...) -> overload<F...>;  // clang 14 needs the guide

}  // namespace ocf
