# SPDX-License-Identifier: Apache-2.0
"""The checks find what they are for, and leave good code alone."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import check_file_size  # noqa: E402
import check_layers  # noqa: E402
import check_words  # noqa: E402


def layers(path, text):
    return list(check_layers.problems(pathlib.PurePosixPath(path), text))


def words(path, text):
    return list(check_words.problems(pathlib.PurePosixPath(path), text))


class Layers(unittest.TestCase):
    def test_left_may_not_see_right(self):
        self.assertEqual(layers("host/session/a.cc", '#include "base/log.hpp"\n'), [])
        self.assertEqual(layers("host/session/a.cc", '#include "session/b.hpp"\n'), [])
        found = layers("host/session/a.cc", '// x\n\n#include "http/server.hpp"\n')
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("host/session/a.cc:3: session may not know http"))

    def test_paths_start_at_the_host_root(self):
        self.assertEqual(len(layers("host/base/a.cc", '#include "../base/log.hpp"\n')), 1)
        self.assertEqual(len(layers("host/base/a.cc", '#include "log.hpp"\n')), 1)
        self.assertEqual(len(layers("host/base/a.cc", '#include "nowhere/log.hpp"\n')), 1)

    def test_third_parties_stay_behind_their_door(self):
        self.assertEqual(layers("host/http/pistache.hpp", "#include <pistache/tcp.h>\n"), [])
        self.assertEqual(len(layers("host/http/server.cc", "#include <pistache/tcp.h>\n")), 1)
        self.assertEqual(len(layers("host/app/a.cc", "#include <boost/dll.hpp>\n")), 1)
        self.assertEqual(len(layers("host/session/a.cc", "#include <boost/asio/ip/tcp.hpp>\n")), 1)

    def test_a_plugin_knows_plugin_api_only(self):
        good = '#include <vector>\n#include <waxwing/plugin.hpp>\n#include "echo.hpp"\n'
        self.assertEqual(layers("plugins/example-echo/echo.cc", good), [])
        self.assertEqual(len(layers("plugins/example-echo/echo.cc", '#include "base/log.hpp"\n')), 1)
        self.assertEqual(len(layers("plugins/example-echo/echo.cc", '#include "../x/y.hpp"\n')), 1)

    def test_plugin_api_depends_on_nothing(self):
        path = "plugin-api/include/waxwing/plugin.hpp"
        self.assertEqual(layers(path, "#include <string>\n#include <waxwing/abi.h>\n"), [])
        self.assertEqual(layers(path, '#include "plugin/call.hpp"\n#include "../waxwing/abi.h"\n'), [])
        self.assertEqual(len(layers(path, '#include "../../../host/base/log.hpp"\n')), 1)
        self.assertEqual(len(layers(path, "#include <boost/asio.hpp>\n")), 1)


class Words(unittest.TestCase):
    SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

    def test_licence_line(self):
        self.assertEqual(words("host/a.cc", self.SPDX), [])
        self.assertEqual(len(words("host/a.cc", "// Nothing.\n")), 1)
        self.assertEqual(len(words("tools/a", "#!/bin/sh\n")), 1)
        self.assertEqual(words("docs/a.md", "# A document\n"), [])

    def test_tasks_name_their_issue(self):
        self.assertEqual(words("host/a.cc", self.SPDX + "// TODO(#12): later\n"), [])
        self.assertEqual(len(words("host/a.cc", self.SPDX + "// TODO: later\n")), 1)

    def test_paths_of_one_machine(self):
        for line in ("see /home/me/x", "see /Users/me/x", "in /root/x"):
            self.assertEqual(len(words("docs/a.md", line)), 1, line)
        self.assertEqual(len(words("docs/a.md", "cd /tmp/x")), 1)
        for line in ("GET /home-items", "host/root/x", "/usr/lib/waxwing", "$HOME/me/x",
                     "folder: /tmp/whatsapp-files"):
            self.assertEqual(words("docs/a.md", line), [], line)


class FileSize(unittest.TestCase):
    def test_limit(self):
        self.assertIsNone(check_file_size.too_long("a.cc", "\n" * 800))
        self.assertIsNotNone(check_file_size.too_long("a.cc", "\n" * 801))


if __name__ == "__main__":
    unittest.main()
