// SPDX-License-Identifier: Apache-2.0
// What a shared object says of itself, read from its bytes without mapping or running them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace waxwing::plugin_host {

struct ElfSymbol {
  std::string name;
  bool defined = false;  // else wanted from another library
  bool weak = false;
  bool unique = false;  // STB_GNU_UNIQUE: pins the file in memory for ever
};

struct ElfFile {
  std::vector<ElfSymbol> symbols;      // those that the dynamic linker sees; no local ones
  std::vector<std::string> needed;     // DT_NEEDED
  std::vector<std::string> versions;   // "GLIBC_2.34": what it wants of those libraries
  std::vector<std::string> run_paths;  // DT_RPATH and DT_RUNPATH
  bool relro = false;
  bool binds_now = false;
  bool text_relocations = false;
  bool executable_stack = false;

  // Names of the symbols that others can link to.
  [[nodiscard]] std::vector<std::string> exported() const;
};

// Code::Invalid for what is no ELF shared object of this machine, or is cut short. Every offset is
// checked, so a file of nonsense does no harm.
[[nodiscard]] Result<ElfFile> read_elf(std::string_view bytes);

}  // namespace waxwing::plugin_host
