// SPDX-License-Identifier: Apache-2.0
// Decides whether a file may be loaded, and hands out the very bytes it decided on.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace waxwing::plugin_host {

// The verified bytes under a path that only this process can change, gone with the object. A
// library that is mapped from it stays mapped.
class VerifiedFile {
 public:
  VerifiedFile(std::string path, std::string sha256, bool temporary)
      : path_(std::move(path)), sha256_(std::move(sha256)), temporary_(temporary) {}
  ~VerifiedFile();
  VerifiedFile(const VerifiedFile&) = delete;
  VerifiedFile& operator=(const VerifiedFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }

 private:
  std::string path_;
  std::string sha256_;
  bool temporary_;
};

// Checks, in this order and without running any of the file's code: regular file opened without
// following links; file and folder owned by root or this user and writable by nobody else; an ELF
// shared object for this machine, not cut short; SHA-256 equal to `expected_sha256` (empty: any
// hash, and the file is loaded where it stands, so that debuggers find it); exactly one exported
// symbol, wax_module_v1. The message of a refusal says which check and why. [main-thread]
[[nodiscard]] Result<std::unique_ptr<VerifiedFile>> verify(const std::string& path,
                                                           const std::string& expected_sha256);

// A list in the format of sha256sum: "<hex>  <file name>" -> file name to hash. Code::NotFound
// when there is no such file.
[[nodiscard]] Result<std::map<std::string, std::string>> read_allowlist(const std::string& path);

}  // namespace waxwing::plugin_host
