// SPDX-License-Identifier: Apache-2.0
// Listening with clients written by others: a WebSocket library from npm and a browser.
#include <cstdlib>
#include <sys/wait.h>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class OtherClients : public SharedServer<OtherClients> {
 public:
  static ServerOptions options() { return {}; }

 protected:
  // Its exit code.
  static int run_script(const std::string& name) {
    ::setenv("WAX_TEST_KEY", kTestApiKey, 1);
    const std::string command = std::string("timeout 120 node '") + WAX_NPM_FOLDER + "/" + name +
                                "' " + std::to_string(server().port());
    const int status = std::system(command.c_str());  // NOLINT: a command of our own
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

TEST_F(OtherClients, AWebSocketLibrary) {
  EXPECT_EQ(run_script("listen.cjs"), 0);
}

TEST_F(OtherClients, ABrowser) {
  EXPECT_EQ(run_script("browser.cjs"), 0);
}

}  // namespace
}  // namespace waxwing::testing
