// SPDX-License-Identifier: Apache-2.0
// Which files are loaded, and which refusal each of the others gets.
#include "plugin/verifier.hpp"

#include <elf.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "plugin/elf_file.hpp"
#include "support/file_content.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::testing {
namespace {

namespace fs = std::filesystem;
using plugin_host::read_allowlist;
using plugin_host::read_elf;
using plugin_host::verify;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VerifierTest : public ::testing::Test {
 protected:
  // A file of these bytes; its path.
  std::string put(const std::string& bytes, const std::string& name = "plugin.so") {
    const std::string path = dir_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), 0600);
    return path;
  }
  // Empty = accepted.
  static std::string refusal(const std::string& path, const std::string& hash = "") {
    const auto file = verify(path, hash);
    return file.has_value() ? "" : file.error().message();
  }

  TempDir dir_;
  std::string good_ = file_content(WAX_ECHO_FILE);
};

TEST_F(VerifierTest, TakesABuiltPluginWhereItStands) {
  const std::string path = put(good_);
  const auto file = verify(path, "");
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ((*file)->path(), path);
  EXPECT_EQ((*file)->sha256(), sha256_hex(good_));
}

TEST_F(VerifierTest, LoadsACopyOfTheBytesItHashed) {
  const std::string path = put(good_);
  std::string copy;
  {
    const auto file = verify(path, sha256_hex(good_));
    ASSERT_TRUE(file.has_value()) << file.error().message();
    copy = (*file)->path();
    EXPECT_NE(copy, path);
    EXPECT_EQ(file_content(copy), good_);
    struct stat info {};
    ASSERT_EQ(::stat(fs::path(copy).parent_path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
  }
  EXPECT_FALSE(fs::exists(fs::path(copy).parent_path())) << "gone with the object";
}

TEST_F(VerifierTest, RefusesAChangedFile) {
  const std::string hash = sha256_hex(good_);
  good_.back() = static_cast<char>(good_.back() ^ 1);
  EXPECT_THAT(refusal(put(good_), hash), HasSubstr("the file has changed"));
}

TEST_F(VerifierTest, RefusesWhatIsNoPluginFile) {
  EXPECT_EQ(refusal(put("")), "not an ELF file");
  EXPECT_EQ(refusal(put("#!/bin/sh\n")), "not an ELF file");
  EXPECT_THAT(refusal(put(good_.substr(0, 40))), HasSubstr("not an ELF file"));
  EXPECT_THAT(refusal(dir_ / "missing.so"), HasSubstr("cannot open the file"));
  EXPECT_THAT(refusal(dir_ / "no/such/folder.so"), HasSubstr("its folder does not exist"));
  fs::create_directory(dir_ / "folder.so");
  EXPECT_EQ(refusal(dir_ / "folder.so"), "not a regular file");
  ASSERT_EQ(::mkfifo((dir_ / "pipe.so").c_str(), 0600), 0);
  EXPECT_EQ(refusal(dir_ / "pipe.so"), "not a regular file") << "and nobody waits for a writer";
}

TEST_F(VerifierTest, RefusesOtherMachinesAndKinds) {
  const auto patched = [&](std::size_t at, char value) {
    std::string bytes = good_;
    bytes[at] = value;
    return refusal(put(bytes));
  };
  EXPECT_THAT(patched(EI_CLASS, ELFCLASS32), HasSubstr("64-bit"));
  EXPECT_THAT(patched(EI_DATA, ELFDATA2MSB), HasSubstr("little-endian"));
  EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_machine), EM_S390), HasSubstr("ELF machine 22"));
  EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_type), ET_REL), HasSubstr("not a shared object"));
}

TEST_F(VerifierTest, RefusesAFileCutShortAnywhere) {
  for (std::size_t part = 1; part < 40; ++part) {
    const std::string text = refusal(put(good_.substr(0, good_.size() * part / 40)));
    EXPECT_THAT(text, ::testing::AnyOf(HasSubstr("cut short"), HasSubstr("not an ELF file")));
  }
}

TEST_F(VerifierTest, ReadsNonsenseWithoutHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good_;
    // The headers and tables, where offsets and counts stand.
    for (int i = 0; i < 8; ++i) {
      const bool front = random() % 2 == 0;
      const std::size_t at = front ? random() % 4'096 : bytes.size() - 1 - random() % 4'096;
      bytes[at] = static_cast<char>(random());
    }
    (void)read_elf(bytes).has_value();
  }
}

TEST_F(VerifierTest, CountsTheSymbolsThatTheDynamicLinkerSees) {
  const auto echo = read_elf(good_);
  ASSERT_TRUE(echo.has_value());
  EXPECT_THAT(echo->exported(), ElementsAre("wax_module_v1"));
  EXPECT_TRUE(echo->relro);
  EXPECT_TRUE(echo->binds_now);
  EXPECT_FALSE(echo->executable_stack);
  EXPECT_THAT(echo->needed, ::testing::Contains(HasSubstr("libc.so")));
  EXPECT_THAT(refusal(put(file_content(WAX_TWO_SYMBOLS_FILE))),
              HasSubstr("exports more than wax_module_v1: second_symbol"));
  EXPECT_THAT(refusal(put(file_content(WAX_NO_SYMBOL_FILE))),
              HasSubstr("exports no symbol wax_module_v1"));
}

TEST_F(VerifierTest, TakesAStrippedPlugin) {
  EXPECT_EQ(refusal(put(file_content(WAX_STRIPPED_FILE))), "");
}

TEST_F(VerifierTest, RefusesWhatOthersCouldChange) {
  const std::string path = put(good_);
  ::chmod(path.c_str(), 0620);
  EXPECT_EQ(refusal(path), "the file is writable by group or others");
  ::chmod(path.c_str(), 0602);
  EXPECT_EQ(refusal(path), "the file is writable by group or others");
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(refusal(path), "");
  ::chmod(dir_.path().c_str(), 0770);
  EXPECT_EQ(refusal(path), "its folder is writable by group or others");
  ::chmod(dir_.path().c_str(), 0700);
}

TEST_F(VerifierTest, RefusesWhatBelongsToSomebodyElse) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  const std::string path = put(good_);
  ASSERT_EQ(::chown(path.c_str(), 12'345, 12'345), 0);
  EXPECT_THAT(refusal(path), HasSubstr("the file belongs to another user"));
  ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(dir_.path().c_str(), 12'345, 12'345), 0);
  EXPECT_THAT(refusal(path), HasSubstr("its folder belongs to another user"));
}

TEST_F(VerifierTest, FollowsNoLinks) {
  put(good_, "real.so");
  fs::create_symlink(dir_ / "real.so", dir_ / "link.so");
  EXPECT_EQ(refusal(dir_ / "link.so"), "the file is a symbolic link");
}

TEST_F(VerifierTest, ReadsTheAllowList) {
  const std::string a(64, 'a');
  std::ofstream(dir_ / "list") << "# what may be loaded\n\n"
                               << a << "  one.so\n"
                               << std::string(64, '0') << " *two.so\n";
  const auto list = read_allowlist(dir_ / "list");
  ASSERT_TRUE(list.has_value()) << list.error().message();
  EXPECT_EQ(list->at("one.so"), a);
  EXPECT_EQ(list->at("two.so"), std::string(64, '0')) << "sha256sum marks binary files by a star";
  EXPECT_EQ(read_allowlist(dir_ / "missing").error().code(), Code::NotFound);
  std::ofstream(dir_ / "list") << a.substr(1) << "  short.so\n";
  EXPECT_EQ(read_allowlist(dir_ / "list").error().code(), Code::Invalid);
}

}  // namespace
}  // namespace waxwing::testing
