// SPDX-License-Identifier: Apache-2.0
// Blobs in memory and in unlinked files.
#include "plugin/blob.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sys/mman.h>

#include "base/free_memory.hpp"

namespace waxwing::plugin_host {
namespace {

Status write_fully(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return {Code::Unavailable, "no space for a temporary file"};
    }
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return Status::ok();
}

}  // namespace

std::atomic<std::uint64_t> Blob::total_bytes_{0};
std::atomic<std::uint64_t> Blob::max_total_bytes_{512ULL * 1024 * 1024};

Blob::~Blob() {
  total_bytes_ -= size_;
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<std::shared_ptr<Blob>> Blob::from(std::string_view data) {
  auto blob = std::make_shared<Blob>();
  WAX_TRY_VOID(blob->append(data));
  blob->seal();
  return blob;
}

Status Blob::append(std::string_view data) {
  if (sealed_) {
    return {Code::State, "the blob is sealed"};
  }
  if (total_bytes_.fetch_add(data.size()) + data.size() > max_total_bytes_) {
    total_bytes_ -= data.size();
    return {Code::Unavailable, "too many bytes in blobs at once"};
  }
  Status status;
  if (fd_ < 0 && memory_.size() + data.size() > kMaxInMemory) {
    status = spill();
  }
  if (status.is_ok()) {
    if (fd_ >= 0) {
      status = write_fully(fd_, data);
      if (!status.is_ok()) {
        undo_partial_write();
      }
    } else {
      memory_.append(data);
    }
  }
  if (!status.is_ok()) {
    total_bytes_ -= data.size();
    return status;
  }
  size_ += data.size();
  return Status::ok();
}

// Half of what could not be written must not stand before what is appended next.
void Blob::undo_partial_write() noexcept {
  const auto end = static_cast<off_t>(size_);
  if (::ftruncate(fd_, end) != 0 || ::lseek(fd_, end, SEEK_SET) != end) {
    sealed_ = true;
  }
}

Status Blob::spill() {
  const char* dir = std::getenv("TMPDIR");
  int fd = ::open(dir != nullptr ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) {
    fd = ::memfd_create("waxwing-blob", MFD_CLOEXEC);
  }
  if (fd < 0) {
    return {Code::Unavailable, "no room for a temporary file"};
  }
  if (const Status status = write_fully(fd, memory_); !status.is_ok()) {
    ::close(fd);
    return status;
  }
  fd_ = fd;
  free_memory(memory_);
  return Status::ok();
}

std::int64_t Blob::read(std::uint64_t offset, void* buffer, std::uint64_t size) const {
  if (fd_ < 0) {
    const std::string_view rest =
        std::string_view(memory_).substr(std::min<std::uint64_t>(offset, memory_.size()));
    return static_cast<std::int64_t>(rest.copy(static_cast<char*>(buffer), size));
  }
  ssize_t n = 0;
  do {
    n = ::pread(fd_, buffer, size, static_cast<off_t>(offset));
  } while (n < 0 && errno == EINTR);
  return n;
}

Result<std::string> Blob::read_all() const {
  std::string all(size_, '\0');
  std::uint64_t at = 0;
  while (at < size_) {
    const std::int64_t n = read(at, all.data() + at, size_ - at);
    if (n <= 0) {
      return Status(Code::Internal, "a temporary file cannot be read");
    }
    at += static_cast<std::uint64_t>(n);
  }
  return all;
}

int Blob::dup_fd() {
  if (fd_ < 0) {
    const int fd = ::memfd_create("waxwing-blob", MFD_CLOEXEC);
    if (fd >= 0 && (!write_fully(fd, memory_).is_ok() || ::lseek(fd, 0, SEEK_SET) != 0)) {
      ::close(fd);
      return -1;
    }
    return fd;
  }
  // A descriptor of its own file offset, so that two readers do not disturb each other.
  return ::open(("/proc/self/fd/" + std::to_string(fd_)).c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace waxwing::plugin_host
