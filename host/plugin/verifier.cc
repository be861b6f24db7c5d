// SPDX-License-Identifier: Apache-2.0
// The checks of a plugin file, and the private copy that is loaded.
#include "plugin/verifier.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <sys/stat.h>

#include <waxwing/abi/entry.h>

#include "base/digest.hpp"
#include "plugin/elf_file.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr std::uint64_t kMaxFileBytes = 512ULL * 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Status check_owner_and_mode(const struct stat& info, std::string_view what) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return {Code::Unauthorized, std::string(what) + " belongs to another user than root or ours"};
  }
  const bool sticky = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    return {Code::Unauthorized, std::string(what) + " is writable by group or others"};
  }
  return Status::ok();
}

Result<std::string> read_checked(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) {
    folder = ".";
  }
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return Status(Code::NotFound, "its folder does not exist");
  }
  WAX_TRY_VOID(check_owner_and_mode(info, "its folder"));
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) {
    const int error = errno;
    if (error == ELOOP) {
      return Status(Code::Unauthorized, "the file is a symbolic link");
    }
    return Status(Code::NotFound, std::string("cannot open the file: ") + std::strerror(error));
  }
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Status(Code::Invalid, "not a regular file");
  }
  WAX_TRY_VOID(check_owner_and_mode(info, "the file"));
  if (static_cast<std::uint64_t>(info.st_size) > kMaxFileBytes) {
    return Status(Code::Invalid, "the file is larger than 512 MB");
  }
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return Status(Code::Unavailable, "the file cannot be read to its end");
    }
    at += static_cast<std::size_t>(n);
  }
  return bytes;
}

Status check_symbols(const ElfFile& file) {
  bool found = false;
  std::string others;
  for (const std::string& symbol : file.exported()) {
    if (symbol == WAX_MODULE_SYMBOL) {
      found = true;
    } else if (others.size() < 200) {
      others += (others.empty() ? "" : ", ") + symbol;
    }
  }
  if (!found) {
    return {Code::Invalid, "exports no symbol " WAX_MODULE_SYMBOL};
  }
  if (!others.empty()) {
    return {Code::Invalid, "exports more than " WAX_MODULE_SYMBOL ": " + others};
  }
  return Status::ok();
}

Result<std::string> write_private_copy(const std::string& bytes, const std::string& name) {
  const char* tmp = std::getenv("TMPDIR");
  std::string folder =
      std::string(tmp != nullptr && *tmp != '\0' ? tmp : "/tmp") + "/waxwing-plugin-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return Status(Code::Unavailable,
                  "no private folder for the verified copy: " + std::string(std::strerror(errno)));
  }
  const std::string path = folder + "/" + name;
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return Status(Code::Unavailable, "no space for the verified copy in " + folder);
  }
  return path;
}

}  // namespace

VerifiedFile::~VerifiedFile() {
  if (temporary_) {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path(), ignored);
  }
}

Result<std::unique_ptr<VerifiedFile>> verify(const std::string& path,
                                             const std::string& expected_sha256) {
  WAX_TRY(const std::string bytes, read_checked(path));
  WAX_TRY(const ElfFile elf, read_elf(bytes));
  std::string sha256 = sha256_hex(bytes);
  const bool any_hash = expected_sha256.empty();
  if (!any_hash && sha256 != expected_sha256) {
    return Status(Code::Unauthorized, "its SHA-256 is " + sha256 + ", allowed is " +
                                          expected_sha256 + ": the file has changed");
  }
  WAX_TRY_VOID(check_symbols(elf));
  std::string load_path = path;
  if (!any_hash) {
    WAX_TRY(load_path, write_private_copy(bytes, std::filesystem::path(path).filename().string()));
  }
  return std::make_unique<VerifiedFile>(std::move(load_path), std::move(sha256), !any_hash);
}

Result<std::map<std::string, std::string>> read_allowlist(const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    return Status(Code::NotFound, "no allow-list " + path);
  }
  std::map<std::string, std::string> list;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    if (line.size() < 67 || line.find_first_not_of("0123456789abcdef") != 64) {
      return Status(Code::Invalid, path + ":" + std::to_string(number) +
                                       ": expected '<64 hex digits>  <file name>'");
    }
    list[line.substr(66)] = line.substr(0, 64);
  }
  return list;
}

}  // namespace waxwing::plugin_host
