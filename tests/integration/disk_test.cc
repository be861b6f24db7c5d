// SPDX-License-Identifier: Apache-2.0
// Media that refuse writes: a file size limit, a full disk. Nothing that is stored is damaged, and
// all goes on once there is room.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <sys/resource.h>

#include "shared_server.hpp"
#include "support/child.hpp"

namespace waxwing::testing {
namespace {

constexpr const char* kNew = R"({"name":"new","start":false})";
constexpr const char* kChange = R"({"config":{"metadata":{"changed":"yes"}}})";

void make_stored(HttpClient& http) {
  create_echo(http, "stored", R"({"loginAfterMs":0})");
  ASSERT_TRUE(wait_for_status(http, "stored", "WORKING"));
  create_echo(http, "idle", "{}", false);
}

// The server lives, refuses changes with a reason, and keeps what it has.
void expect_refusals(HttpClient& http) {
  for (const Reply& reply :
       {http.post("/api/sessions", kNew), http.put(session_path("idle"), kChange),
        http.del(session_path("idle")), http.post(session_path("idle", "/start"))}) {
    expect_error(reply, 503, "");
    EXPECT_GT(reply.json()["message"].text().size(), 10U) << reply;
  }
  EXPECT_EQ(status_of(http, "new"), "(404)");
  EXPECT_EQ(status_of(http, "idle"), "STOPPED");
  const Value idle = http.get(session_path("idle")).json();
  EXPECT_FALSE(idle.at("config.metadata.changed").exists()) << idle;
  EXPECT_FALSE(idle["assignedWorker"].exists()) << "a refused start leaves it where it was";
  EXPECT_EQ(status_of(http, "stored"), "WORKING");
}

void expect_writes(HttpClient& http) {
  EXPECT_TRUE(wait_until([&] { return http.post("/api/sessions", kNew).status == 201; }))
      << http.post("/api/sessions", kNew);
  Reply reply = http.put(session_path("idle"), kChange);
  EXPECT_EQ(reply.status, 200) << reply;
  reply = http.post(session_path("stored", "/restart"));
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_TRUE(wait_for_status(http, "stored", "WORKING"));
}

// After kill -9 all that was answered is there, and nothing that was refused.
void expect_all_kept(ServerProcess& server) {
  server.kill9();
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  EXPECT_TRUE(wait_for_status(http, "stored", "WORKING"));
  EXPECT_EQ(status_of(http, "new"), "STOPPED");
  EXPECT_EQ(http.get(session_path("idle")).json().at("config.metadata.changed").text(), "yes");
}

TEST(Disk, AWriteThatTheSystemRefusesIs503) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  make_stored(http);
  rlimit before{};
  rlimit none{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &before), 0);
  none = before;
  none.rlim_cur = 1;
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, &none, nullptr), 0);
  expect_refusals(http);
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  expect_writes(http);
  expect_all_kept(server);
}

// A disk of its own, seen by the server alone; the test reaches it through /proc.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.options().small_disk_bytes = std::size_t{12} * 1024 * 1024;
    server_.options().yaml = "storage: {local: {config: {shards: 2}}}\n";
    const std::string allowed = run_in_child([&] {
      return std::string(mount_small_disk(server_.data_dir(), 1'000'000) ? "yes" : "no");
    });
    if (allowed != "yes") {
      GTEST_SKIP() << "the system does not let us mount";
    }
    ASSERT_TRUE(server_.start());
    http_ = std::make_unique<HttpClient>(server_.client());
    make_stored(*http_);
  }
  void TearDown() override { http_.reset(); }

  [[nodiscard]] std::string ballast() const {
    return "/proc/" + std::to_string(server_.pid()) + "/root" + server_.data_dir() + "/ballast";
  }

  ServerProcess server_;
  std::unique_ptr<HttpClient> http_;
};

TEST_F(SmallDisk, AFullDiskRefusesAndRecovers) {
  const int fd = ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const std::string page(4'096, 'x');
  while (::write(fd, page.data(), page.size()) > 0) {
  }
  ::close(fd);
  // What files have already may still be used; it ends soon.
  int made = 0;
  Reply reply;
  do {
    const std::string name = "filler-" + std::to_string(made++);
    reply = http_->post("/api/sessions", "{\"name\":" + json_text(name) +
                                             ",\"start\":false,\"config\":{\"metadata\":{\"x\":\"" +
                                             std::string(100'000, 'y') + "\"}}}");
  } while (reply.status == 201 && made < 1'000);
  expect_error(reply, 503, "");
  EXPECT_EQ(status_of(*http_, "filler-" + std::to_string(made - 1)), "(404)");
  EXPECT_EQ(status_of(*http_, "stored"), "WORKING");
  EXPECT_EQ(::unlink(ballast().c_str()), 0);
  expect_writes(*http_);
}

TEST(Disk, ADirectoryThatCannotBeMadeIsSaid) {
  ServerProcess server(
      {.yaml = "", .env = {{"WAHA_LOCAL_STORE_BASE_DIR", "/proc/nowhere"}}, .arguments = {}});
  EXPECT_EQ(server.run(), (Ending{1, 0}));
  EXPECT_NE(server.log().find("/proc/nowhere"), std::string::npos) << server.log();
}

TEST(Disk, TwoServersDoNotShareOneDirectory) {
  ServerProcess first;
  ASSERT_TRUE(first.start());
  ServerProcess second(
      {.yaml = "", .env = {{"WAHA_LOCAL_STORE_BASE_DIR", first.data_dir()}}, .arguments = {}});
  EXPECT_EQ(second.run(), (Ending{1, 0})) << second.log();
  EXPECT_NE(second.log().find("server.start_failed"), std::string::npos) << second.log();
  HttpClient http = first.client();
  create_echo(http, "a", "{}", false);
}

}  // namespace
}  // namespace waxwing::testing
