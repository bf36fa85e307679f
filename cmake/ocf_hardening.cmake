# The flags of the OpenSSF "Compiler Options Hardening Guide for C and C++", each asked for by itself: a compiler or linker
# that does not know one goes without it, and says so at configure time. On unless a preset builds for finding faults, where
# sanitizers see more; tests/binary_test.py looks at the binary.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

option(OCF_HARDEN "Hardening flags of the OpenSSF guide" ON)

add_library(ocf_hardening INTERFACE)
if(OCF_HARDEN)
  set(compile_flags
    # Out-of-bounds reads and writes that library and compiler can see at run time end the process.
    "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"
    -D_GLIBCXX_ASSERTIONS
    -fstrict-flex-arrays=3
    -fstack-protector-strong
    -fstack-clash-protection
    # Indirect jumps land where a function begins (x86, ARM).
    -fcf-protection=full
    -mbranch-protection=standard
    # What C++ leaves undefined gets its plain meaning instead of an optimiser's conclusion.
    -ftrivial-auto-var-init=zero
    -fno-delete-null-pointer-checks
    -fno-strict-overflow
    -fno-strict-aliasing
    -fPIE
    -Wformat=2
    -Wimplicit-fallthrough
    -Wtrampolines
    -Wbidi-chars=any)
  set(link_flags
    -pie
    # All symbols are bound at the start, then their table is read-only.
    -Wl,-z,relro
    -Wl,-z,now
    -Wl,-z,noexecstack
    -Wl,--as-needed
    -Wl,--no-copy-dt-needed-entries)

  foreach(flag IN LISTS compile_flags)
    string(MAKE_C_IDENTIFIER "ocf_takes${flag}" known)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_cxx_compiler_flag("${flag}" ${known})
    unset(CMAKE_REQUIRED_FLAGS)
    if(${known})
      target_compile_options(ocf_hardening INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:${flag}>")
    endif()
  endforeach()
  foreach(flag IN LISTS link_flags)
    string(MAKE_C_IDENTIFIER "ocf_links${flag}" known)
    check_linker_flag(CXX "${flag}" ${known})
    if(${known})
      target_link_options(ocf_hardening INTERFACE ${flag})
    endif()
  endforeach()
endif()
