// SPDX-License-Identifier: Apache-2.0
// Locking and cleaning the profile.
#include "profile.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <waxwing/plugin.hpp>

namespace webjs {
namespace {

namespace fs = std::filesystem;
namespace wp = waxwing::plugin;

constexpr std::uint64_t kLeastFreeBytes = 16U << 20U;

[[noreturn]] void fail(const std::string& what) {
  throw wp::Error(WAX_E_UNAVAILABLE, what + ": " + std::strerror(errno));
}

std::string this_process() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + " process " + std::to_string(::getpid());
}

// Chromium's own lock names a host and a process. One of another host, as a container that was made
// anew is, stops it at once; our lock has told that nobody uses the profile.
void remove_stale_lock(const fs::path& profile) {
  std::error_code ignored;
  const fs::path socket = fs::read_symlink(profile / "SingletonSocket", ignored);
  if (socket.string().find("/.org.chromium.Chromium.") != std::string::npos ||
      socket.string().find("/.com.google.Chrome.") != std::string::npos) {
    fs::remove_all(socket.parent_path(), ignored);
  }
  for (const char* name : {"SingletonLock", "SingletonCookie", "SingletonSocket"}) {
    fs::remove(profile / name, ignored);
  }
}

}  // namespace

Profile::Profile(const std::string& directory) : home_(directory) {
  const std::string lock = home_ + "/.lock";
  lock_ = Fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (lock_.get() < 0) {
    fail(lock);
  }
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    char holder[300] = "";
    const ssize_t size = ::pread(lock_.get(), holder, sizeof holder - 1, 0);
    throw wp::Error(WAX_E_CONFLICT, "the profile is in use by " +
                                        (size > 0 ? std::string(holder) : "another process"));
  }
  if (is_disk_full(home_)) {
    errno = ENOSPC;
    fail(home_);
  }
  const std::string me = this_process();
  if (::ftruncate(lock_.get(), 0) != 0 ||
      ::pwrite(lock_.get(), me.c_str(), me.size(), 0) != static_cast<ssize_t>(me.size())) {
    fail(lock);
  }
  if (::mkdir(path().c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    fail(path());
  }
  ::chmod(path().c_str(), S_IRWXU);
  remove_stale_lock(path());
}

void Profile::wipe() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(home_, ignored)) {
    if (entry.path().filename() != ".lock") {
      std::error_code failure;
      fs::remove_all(entry.path(), failure);
    }
  }
}

bool is_disk_full(const std::string& path) noexcept {
  struct statvfs info {};
  return ::statvfs(path.c_str(), &info) == 0 &&
         std::uint64_t{info.f_bavail} * info.f_frsize < kLeastFreeBytes;
}

}  // namespace webjs
