// SPDX-License-Identifier: Apache-2.0
// Group file: what can be seen without running any of the plugin's code.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <utility>

#include "check.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/verifier.hpp"

namespace waxwing::plugin_check {
namespace {

using plugin_host::ElfFile;

ElfFile read(const Run& run) {
  std::ifstream in(run.subject.file, std::ios::binary);
  std::ostringstream bytes;  // by the block: debug information makes plugins long
  bytes << in.rdbuf();
  auto file = plugin_host::read_elf(std::move(bytes).str());
  expect_ok(file ? Status::ok() : file.error(), "not a plugin file");
  return std::move(file).value();
}

std::string joined(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) {
    all += (all.empty() ? "" : ", ") + item;
  }
  return all;
}

Verdict acceptable(const Run& run) {
  const auto file = plugin_host::verify(run.subject.file, "");
  expect_ok(file ? Status::ok() : file.error(), "the server refuses the file");
  return pass("sha256 " + (*file)->sha256());
}

Verdict one_symbol(const Run& run) {
  const std::vector<std::string> exported = read(run).exported();
  if (exported != std::vector<std::string>{"wax_module_v1"}) {
    fail("exports " + (exported.empty() ? "nothing" : joined(exported)) +
         ", it must be wax_module_v1 alone");
  }
  return pass();
}

Verdict no_unique_symbols(const Run& run) {
  for (const auto& symbol : read(run).symbols) {
    expect(!symbol.unique, symbol.name + " is a unique symbol (build with -fno-gnu-unique)");
  }
  return pass();
}

Verdict hardened(const Run& run) {
  const ElfFile file = read(run);
  expect(!file.executable_stack, "its stack is executable");
  expect(!file.text_relocations, "it has text relocations (build with -fPIC)");
  expect(file.relro, "it is linked without -z relro");
  expect(file.binds_now, "it is linked without -z now");
  return pass();
}

// Where the dynamic linker would look for its libraries first.
Verdict no_run_paths(const Run& run) {
  for (const std::string& path : read(run).run_paths) {
    if (!path.starts_with("$ORIGIN")) {
      return warn("looks for libraries in " + path + ", which other machines may not have");
    }
  }
  return pass();
}

// "GLIBC_2.34" against "GLIBC_2.4": number by number.
bool older(const std::string& a, const std::string& b) {
  const auto next = [](const std::string& text, std::size_t& at) {
    long number = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      number = number * 10 + (text[at++] - '0');
    }
    ++at;
    return number;
  };
  std::size_t x = a.rfind('_') + 1;
  std::size_t y = b.rfind('_') + 1;
  while (x < a.size() || y < b.size()) {
    const long m = next(a, x);
    const long n = next(b, y);
    if (m != n) {
      return m < n;
    }
  }
  return false;
}

Verdict needs(const Run& run) {
  const ElfFile file = read(run);
  std::string note = "needs " + (file.needed.empty() ? "no library" : joined(file.needed));
  for (const char* family : {"GLIBC_2", "GLIBCXX_3"}) {
    std::string highest;
    for (const std::string& version : file.versions) {
      if (version.starts_with(family) && (highest.empty() || older(highest, version))) {
        highest = version;
      }
    }
    note += highest.empty() ? "" : "; " + highest;
  }
  return pass(note);
}

Verdict permissions(const Run& run) {
  struct stat info {};
  expect(::stat(run.subject.file.c_str(), &info) == 0, "cannot be read");
  expect((info.st_mode & (S_IWGRP | S_IWOTH)) == 0, "is writable by group or others");
  return pass();
}

}  // namespace

std::vector<Test> file_tests() {
  return {{"file.acceptable", "B16", Needs::File, 30, acceptable},
          {"file.one-symbol", "WP-1", Needs::File, 30, one_symbol},
          {"file.no-unique-symbols", "WP-20", Needs::File, 30, no_unique_symbols},
          {"file.hardened", "WP-20", Needs::File, 30, hardened},
          {"file.no-run-paths", "WP-20", Needs::File, 30, no_run_paths},
          {"file.needed-libraries", "B17", Needs::File, 30, needs},
          {"file.permissions", "B16", Needs::File, 30, permissions}};
}

}  // namespace waxwing::plugin_check
