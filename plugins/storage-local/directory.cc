// SPDX-License-Identifier: Apache-2.0
// Directory, lock and file modes over POSIX calls.
#include "directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int error = errno) {
  throw plugin::Error(WAX_E_UNAVAILABLE, "cannot " + what + " " + path + ": " +
                                             std::generic_category().message(error));
}

void sync_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) {
    fail("open", path);
  }
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0) {
    fail("sync", path, error);
  }
}

void make_directory(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) {
    std::filesystem::create_directories(parent, error);
    if (error) {
      fail("create", parent.string(), error.value());
    }
  }
  if (::mkdir(path.c_str(), 0700) == 0) {
    return;
  }
  if (errno != EEXIST) {
    fail("create", path);
  }
  if (!std::filesystem::is_directory(path, error)) {
    fail("use", path, ENOTDIR);
  }
}

std::string holder_of(int lock_fd) {
  std::array<char, 16> pid{};
  const auto got = ::pread(lock_fd, pid.data(), pid.size(), 0);
  return got > 0 ? std::string(pid.data(), static_cast<std::size_t>(got)) : "unknown";
}

}  // namespace

Directory::Directory(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') {
    path_.pop_back();
  }
  make_directory(path_);
  const std::string lock = path_ + "/lock";
  lock_fd_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_fd_ < 0) {
    fail("write to", path_);
  }
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = holder_of(lock_fd_);
    ::close(lock_fd_);
    if (error != EWOULDBLOCK) {
      fail("lock", lock, error);
    }
    throw plugin::Error(
        WAX_E_UNAVAILABLE,
        "the data directory " + path_ + " is in use by another server (process " + holder + ")");
  }
  // For the message above only: a full disk must not keep the server from reading its data.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_fd_, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock_fd_, pid.data(), pid.size(), 0);
  }
}

Directory::~Directory() {
  if (lock_fd_ >= 0) {
    ::close(lock_fd_);  // and with it the lock; the file stays, or two could hold different ones
  }
}

std::string Directory::shard_path(std::uint32_t index) const {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "/shard-%02u.db", index);
  return path_ + name.data();
}

bool Directory::exists(const std::string& file) const {
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0) {
    return true;
  }
  if (errno != ENOENT) {
    fail("read", file);
  }
  return false;
}

std::uint64_t Directory::size_of(const std::string& file) noexcept {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

void Directory::sync() const {
  sync_file(path_, O_RDONLY | O_DIRECTORY);
}

void make_private_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    fail("replace", path);
  }
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    fail("create", path);
  }
  ::close(fd);
}

void publish_file(const std::string& from, const std::string& to) {
  sync_file(from, O_RDWR);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    fail("create", to);
  }
}

}  // namespace waxwing::storage_local
