// SPDX-License-Identifier: Apache-2.0
// The browser's profile of one session: the account's credentials lie in it.
#pragma once

#include <string>

#include "browser_process.hpp"

namespace webjs {

// Holds the profile for as long as it lives. All functions may wait for a disk.
class Profile {
 public:
  // `directory` is the session's own. Throws waxwing::plugin::Error: WAX_E_CONFLICT when another
  // process holds it, WAX_E_UNAVAILABLE when the disk refuses or has no room.
  explicit Profile(const std::string& directory);
  Profile(Profile&&) = default;
  Profile& operator=(Profile&&) = default;

  [[nodiscard]] const std::string& home() const noexcept { return home_; }
  [[nodiscard]] std::string path() const { return home_ + "/profile"; }

  // Erases everything in it but the lock. The browser has to be gone.
  void wipe() const;

 private:
  std::string home_;
  Fd lock_;
};

// Less than this is free where the profile lies: a browser cannot keep what it has to.
[[nodiscard]] bool is_disk_full(const std::string& path) noexcept;

}  // namespace webjs
