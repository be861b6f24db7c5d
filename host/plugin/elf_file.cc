// SPDX-License-Identifier: Apache-2.0
// Reading of ELF headers and of the dynamic linker's tables.
//
// Boost.DLL could list symbols too, but it reads the table for debuggers: a stripped file has none,
// and the dynamic linker goes by another one.
#include "plugin/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>

namespace waxwing::plugin_host {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "teach elf_file.cc this machine"
#endif

Status cut_short() {
  return {Code::Invalid, "the ELF file is cut short"};
}

// Bytes with bounds.
class Image {
 public:
  explicit Image(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool fits(std::uint64_t offset, std::uint64_t size) const noexcept {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  template <class T>
  [[nodiscard]] std::optional<T> at(std::uint64_t offset) const noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!fits(offset, sizeof(T))) {
      return std::nullopt;
    }
    T value{};
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view slice(std::uint64_t offset, std::uint64_t size) const noexcept {
    return fits(offset, size) ? bytes_.substr(offset, size) : std::string_view();
  }

 private:
  std::string_view bytes_;
};

// The text that starts at `offset` of a string table; empty when it does not end there.
std::string text_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) {
    return {};
  }
  const std::size_t end = table.find('\0', offset);
  return end == std::string_view::npos ? std::string()
                                       : std::string(table.substr(offset, end - offset));
}

Result<Elf64_Ehdr> read_header(const Image& image) {
  const auto header = image.at<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
    return Status(Code::Invalid, "not an ELF file");
  }
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
    return Status(Code::Invalid, "not a 64-bit little-endian ELF file");
  }
  if (header->e_machine != kMachine) {
    return Status(Code::Invalid, "built for another processor (ELF machine " +
                                     std::to_string(header->e_machine) + ")");
  }
  if (header->e_type != ET_DYN) {
    return Status(Code::Invalid, "an ELF file, but not a shared object");
  }
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_shentsize != sizeof(Elf64_Shdr) ||
      !image.fits(header->e_phoff, std::uint64_t{header->e_phnum} * sizeof(Elf64_Phdr)) ||
      !image.fits(header->e_shoff, std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr))) {
    return cut_short();
  }
  return *header;
}

// The dynamic linker trusts what it maps: a segment beyond the end kills the process by SIGBUS.
Status read_segments(const Image& image, const Elf64_Ehdr& header, ElfFile& file) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = image.at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment || !image.fits(segment->p_offset, segment->p_filesz)) {
      return cut_short();
    }
    file.relro = file.relro || segment->p_type == PT_GNU_RELRO;
    if (segment->p_type == PT_GNU_STACK) {
      file.executable_stack = (segment->p_flags & PF_X) != 0;
    }
  }
  return Status::ok();
}

void read_dynamic(const Image& image, const Elf64_Shdr& section, std::string_view names,
                  ElfFile& file) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= section.sh_size; at += sizeof(Elf64_Dyn)) {
    const auto entry = image.at<Elf64_Dyn>(section.sh_offset + at);
    if (!entry || entry->d_tag == DT_NULL) {
      return;
    }
    const std::uint64_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
      case DT_NEEDED:
        file.needed.push_back(text_at(names, value));
        break;
      case DT_RPATH:
      case DT_RUNPATH:
        file.run_paths.push_back(text_at(names, value));
        break;
      case DT_TEXTREL:
        file.text_relocations = true;
        break;
      case DT_BIND_NOW:
        file.binds_now = true;
        break;
      case DT_FLAGS:
        file.binds_now = file.binds_now || (value & DF_BIND_NOW) != 0;
        file.text_relocations = file.text_relocations || (value & DF_TEXTREL) != 0;
        break;
      case DT_FLAGS_1:
        file.binds_now = file.binds_now || (value & DF_1_NOW) != 0;
        break;
      default:
        break;
    }
  }
}

void read_symbols(const Image& image, const Elf64_Shdr& section, std::string_view names,
                  ElfFile& file) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
    const auto symbol = image.at<Elf64_Sym>(section.sh_offset + at);
    if (!symbol) {
      return;
    }
    const unsigned binding = ELF64_ST_BIND(symbol->st_info);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    std::string name = text_at(names, symbol->st_name);
    // An absolute symbol is the name of a symbol version, not code or data.
    if (binding == STB_LOCAL || name.empty() || symbol->st_shndx == SHN_ABS ||
        visibility == STV_HIDDEN || visibility == STV_INTERNAL) {
      continue;
    }
    file.symbols.push_back({std::move(name), symbol->st_shndx != SHN_UNDEF, binding == STB_WEAK,
                            binding == STB_GNU_UNIQUE});
  }
}

void read_versions(const Image& image, const Elf64_Shdr& section, std::string_view names,
                   ElfFile& file) {
  constexpr unsigned kMost = 10'000;  // chains may be circular in a file of nonsense
  unsigned seen = 0;
  std::uint64_t at = section.sh_offset;
  while (const auto library = image.at<Elf64_Verneed>(at)) {
    std::uint64_t version_at = at + library->vn_aux;
    while (const auto version = image.at<Elf64_Vernaux>(version_at)) {
      file.versions.push_back(text_at(names, version->vna_name));
      if (version->vna_next == 0 || ++seen > kMost) {
        break;
      }
      version_at += version->vna_next;
    }
    if (library->vn_next == 0 || ++seen > kMost) {
      return;
    }
    at += library->vn_next;
  }
}

}  // namespace

std::vector<std::string> ElfFile::exported() const {
  std::vector<std::string> names;
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.defined) {
      names.push_back(symbol.name);
    }
  }
  return names;
}

Result<ElfFile> read_elf(std::string_view bytes) {
  const Image image(bytes);
  WAX_TRY(const Elf64_Ehdr header, read_header(image));
  ElfFile file;
  WAX_TRY_VOID(read_segments(image, header, file));
  const auto section_at = [&](std::uint64_t index) {
    return index < header.e_shnum
               ? image.at<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr))
               : std::nullopt;
  };
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = section_at(i);
    if (!section || (section->sh_type != SHT_DYNSYM && section->sh_type != SHT_DYNAMIC &&
                     section->sh_type != SHT_GNU_verneed)) {
      continue;
    }
    const auto strings = section_at(section->sh_link);
    if (!strings || !image.fits(section->sh_offset, section->sh_size) ||
        !image.fits(strings->sh_offset, strings->sh_size)) {
      return cut_short();
    }
    const std::string_view names = image.slice(strings->sh_offset, strings->sh_size);
    if (section->sh_type == SHT_DYNSYM) {
      read_symbols(image, *section, names, file);
    } else if (section->sh_type == SHT_DYNAMIC) {
      read_dynamic(image, *section, names, file);
    } else {
      read_versions(image, *section, names, file);
    }
  }
  return file;
}

}  // namespace waxwing::plugin_host
