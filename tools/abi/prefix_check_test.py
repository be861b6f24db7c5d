# SPDX-License-Identifier: Apache-2.0
"""Trial changes of a small ABI: what may grow is let through, what breaks a built plugin is found."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import prefix_check  # noqa: E402

BASE = """
#include <stddef.h>
#include <stdint.h>
#define WAX_EXT_TRIAL "wax.host.trial/1"
typedef struct wax_text {
  const char* data;
  uint64_t size;
} wax_text;
typedef struct wax_handle wax_handle;
enum { WAX_ONE = 1, WAX_TWO = 2 };
typedef struct wax_table {
  uint32_t struct_size;
  uint32_t flags;
  char note[16];
  int32_t (*first)(wax_handle* handle, wax_text text, uint64_t count);
  void (*second)(const wax_handle* handle);
} wax_table;
"""
LAST = "  void (*second)(const wax_handle* handle);\n"


class TrialChanges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.base = cls.dump("base", BASE)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def dump(cls, name, header):
        root = pathlib.Path(cls.folder.name) / name
        (root / "waxwing").mkdir(parents=True)
        (root / "waxwing" / "abi.h").write_text(header, "utf-8")
        subprocess.run([HERE / "dump.sh", root, root / "out"], check=True)
        return prefix_check.load(root / "out")

    def change(self, *replacements):
        header = BASE
        for old, new in replacements:
            self.assertIn(old, header)
            header = header.replace(old, new)
        return prefix_check.compare(self.base, self.dump(self.id().rsplit(".", 1)[1], header))

    def assert_broken(self, result, text):
        broken, _ = result
        self.assertTrue(any(text in sentence for sentence in broken), broken)

    def test_the_same_headers(self):
        self.assertEqual(self.change(), ([], []))

    def test_slot_appended(self):
        broken, grew = self.change((LAST, LAST + "  void (*third)(void);\n"))
        self.assertEqual(broken, [])
        self.assertEqual(grew, ["wax_table got third"])

    def test_new_table_enumerator_and_constant(self):
        broken, grew = self.change(
            ("WAX_TWO = 2", "WAX_TWO = 2, WAX_THREE = 3"),
            ("#define", '#define WAX_EXT_NEW "wax.host.new/1"\n#define'),
            ("typedef struct wax_handle", "typedef struct wax_fresh {\n  uint32_t struct_size;\n"
                                          "} wax_fresh;\ntypedef struct wax_handle"))
        self.assertEqual(broken, [])
        self.assertEqual(sorted(grew), ["WAX_EXT_NEW is new", "WAX_THREE is new", "wax_fresh is new"])

    def test_slot_inserted(self):
        self.assert_broken(self.change((LAST, "  void (*third)(void);\n" + LAST)), "second")

    def test_slot_removed(self):
        self.assert_broken(self.change((LAST, "")), "wax_table.second was removed")

    def test_slot_renamed(self):
        self.assert_broken(self.change(("second", "other")), "became")

    def test_parameter_changed(self):
        self.assert_broken(self.change(("uint64_t count", "uint32_t count")), "first")

    def test_parameter_added(self):
        self.assert_broken(self.change(("uint64_t count", "uint64_t count, int32_t more")), "first")

    def test_result_changed(self):
        self.assert_broken(self.change(("int32_t (*first)", "int64_t (*first)")), "first")

    def test_constness_changed(self):
        self.assert_broken(self.change(("(const wax_handle*", "(wax_handle*")), "second")

    def test_array_length_changed(self):
        self.assert_broken(self.change(("note[16]", "note[24]")), "note")

    def test_enumerator_changed(self):
        self.assert_broken(self.change(("WAX_TWO = 2", "WAX_TWO = 4")), "WAX_TWO was 2")

    def test_enumerator_removed(self):
        self.assert_broken(self.change((", WAX_TWO = 2", "")), "WAX_TWO was removed")

    def test_struct_without_size_may_not_grow(self):
        self.assert_broken(self.change(("  uint64_t size;\n", "  uint64_t size;\n  uint64_t more;\n")),
                           "wax_text has no struct_size")

    def test_extension_id_changed(self):
        self.assert_broken(self.change(("trial/1", "trial/2")), "WAX_EXT_TRIAL")


if __name__ == "__main__":
    unittest.main()
