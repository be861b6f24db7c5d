// SPDX-License-Identifier: Apache-2.0
// Plugin files that must not be loaded: the server starts without them and says why.
#include <unistd.h>

#include <fstream>
#include <sys/stat.h>

#include "shared_server.hpp"
#include "support/file_content.hpp"
#include "test_plugins.hpp"

namespace waxwing::testing {
namespace {

class RefusedPlugins : public ::testing::Test {
 protected:
  // `entries` are more items of plugins.load.
  void use(const std::string& entries, const std::string& more = "") {
    server_.options().yaml = "plugins:\n  dir: " + folder_.path() +
                             "\n  load:\n"
                             "    - {id: example-echo}\n    - {id: storage-local}\n"
                             "    - {id: proxy-static}\n" +
                             entries + more;
  }

  ServerProcess server_;
  PluginFolder folder_{server_.dir() / "plugins"};
};

TEST_F(RefusedPlugins, AllOfThemAtOnce) {
  struct Case {
    const char* id;
    const char* why;  // a piece of the reason
  };
  constexpr Case kCases[] = {
      {"changed", "the file has changed"},
      {"unlisted", "no SHA-256 for it"},
      {"writable", "writable by group"},
      {"two-symbols", "second_symbol"},
      {"no-symbol", "wax_module_v1"},
      {"other-major", "built for plugin ABI"},
      {"newer-minor", "needs plugin ABI"},
      {"no-init", "lacks init"},
      {"no-elf", "ELF"},
      {"empty", "ELF"},
      {"cut-off", "ELF"},
      {"missing", "No such file"},
      {"link", "symbolic link"},
      {"folder", "not a regular file"},
      {"twice", "exists already"},
  };
  for (const char* name : {"two-symbols", "no-symbol", "other-major", "newer-minor", "no-init"}) {
    folder_.add(test_plugin(name), std::string(name) + ".so");
  }
  folder_.add(test_plugin("second-engine"), "changed.so");
  std::ofstream(folder_ / "changed.so", std::ios::app) << "x";
  folder_.add(test_plugin("second-engine"), "unlisted.so", false);
  folder_.add(test_plugin("second-engine"), "writable.so");
  ASSERT_EQ(::chmod((folder_ / "writable.so").c_str(), 0775), 0);
  folder_.add(test_plugin("second-engine"), "twice.so");
  folder_.add(test_plugin("second-engine"), "a-first.so");
  folder_.write("no-elf.so", "#!/bin/sh\nexit 0\n");
  folder_.write("empty.so", "");
  folder_.write("cut-off.so", file_content(test_plugin("second-engine")).substr(0, 3'000));
  ASSERT_EQ(::symlink(test_plugin("second-engine").c_str(), (folder_ / "link.so").c_str()), 0);
  ASSERT_EQ(::mkdir((folder_ / "folder.so").c_str(), 0755), 0);
  std::string entries = "    - {id: a-first}\n";
  const std::string any(64, 'a');
  for (const Case& c : kCases) {
    const std::string id = c.id;
    entries += "    - {id: " + id +
               (id == "missing" || id == "link" || id == "folder" ? ", sha256: " + any : "") +
               "}\n";
  }
  use(entries);
  ASSERT_TRUE(server_.start());
  HttpClient http = server_.client();
  const Value plugins = http.get("/api/plugins").json();
  EXPECT_EQ(plugins.size(), 4 + std::size(kCases));
  for (const Case& c : kCases) {
    const Value plugin = plugins.item("id", c.id);
    EXPECT_TRUE(plugin["loaded"].exists()) << c.id;
    EXPECT_FALSE(plugin["loaded"].flag()) << c.id;
    EXPECT_NE(plugin["refusal"].text().find(c.why), std::string::npos) << plugin;
    EXPECT_EQ(plugin["path"].text(), folder_ / (std::string(c.id) + ".so"));
  }
  EXPECT_TRUE(plugins.item("id", "a-first")["loaded"].flag());
  const std::string log = server_.log();
  EXPECT_NE(log.find("plugin.refused"), std::string::npos);
  // The rest serves.
  create_echo(http, "a", R"({"loginAfterMs":0})");
  EXPECT_TRUE(wait_for_status(http, "a", "WORKING"));
}

TEST_F(RefusedPlugins, ARequiredOneKeepsTheServerFromStarting) {
  use("    - {id: missing, optional: false, sha256: " + std::string(64, 'a') + "}\n");
  EXPECT_EQ(server_.run(), (Ending{1, 0}));
  EXPECT_NE(server_.log().find("missing.so"), std::string::npos) << server_.log();
}

TEST_F(RefusedPlugins, WithoutTheDefaultStorageThereIsNoServer) {
  std::ofstream(folder_ / "storage-local.so", std::ios::app) << "x";
  use("");
  EXPECT_EQ(server_.run(), (Ending{1, 0}));
  const std::string log = server_.log();
  EXPECT_NE(log.find("the default storage 'local'"), std::string::npos) << log;
  EXPECT_NE(log.find("the file has changed"), std::string::npos) << log;
}

TEST_F(RefusedPlugins, WithoutTheDefaultEngineSessionsAreRefused) {
  std::ofstream(folder_ / "example-echo.so", std::ios::app) << "x";
  use("");
  ASSERT_TRUE(server_.start());
  HttpClient http = server_.client();
  expect_error(http.post("/api/sessions", R"({"name":"a"})"), 422, "ECHO");
}

TEST_F(RefusedPlugins, AWritableFolderIsNotTrusted) {
  use("");
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_EQ(server_.run(), (Ending{1, 0}));
  EXPECT_NE(server_.log().find("its folder is writable by group or others"), std::string::npos)
      << server_.log();
}

TEST_F(RefusedPlugins, TheOrderOfTrust) {
  // A hash in the configuration is nearer than the list.
  folder_.add(test_plugin("second-engine"), "second.so");
  use("    - {id: second, sha256: " + std::string(64, 'b') + "}\n");
  ASSERT_TRUE(server_.start());
  HttpClient http = server_.client();
  EXPECT_FALSE(http.get("/api/plugins").json().item("id", "second")["loaded"].flag());
}

TEST_F(RefusedPlugins, AScannedFolderOnTrustLoadsWhatIsThere) {
  folder_.add(test_plugin("second-engine"), "second.so", false);
  use("", "  dir_scan: true\n  trust: any\n");
  ASSERT_TRUE(server_.start());
  HttpClient http = server_.client();
  EXPECT_TRUE(http.get("/api/plugins").json().item("id", "second")["loaded"].flag());
  EXPECT_EQ(http.get("/api/engines").json().size(), 2U);
}

TEST_F(RefusedPlugins, AMalformedAllowListIsSaid) {
  std::ofstream(folder_ / "plugins.sha256", std::ios::app) << "nonsense\n";
  use("");
  EXPECT_EQ(server_.run(), (Ending{1, 0}));
  EXPECT_NE(server_.log().find("plugins.sha256:4"), std::string::npos) << server_.log();
}

}  // namespace
}  // namespace waxwing::testing
