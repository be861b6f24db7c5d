# SPDX-License-Identifier: Apache-2.0
# cmake -D OUTPUT=x.cc -D KEEPER=file -D DRIVER=file -D MESSAGING=file -D GROUPS=file -P embed.cmake: the files of embedded.hpp.
set(text "// Made by embed.cmake.\n#include \"embedded.hpp\"\n\nnamespace webjs::embedded {\n")
foreach(name IN ITEMS keeper driver messaging groups)
  string(TOUPPER ${name} variable)
  file(READ ${${variable}} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," octets "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" octets
                       "${octets}")
  string(APPEND text "namespace {\nconst unsigned char k_${name}[] = {${octets}};\n}\n"
                     "std::string_view ${name}() {\n"
                     "  return {reinterpret_cast<const char*>(k_${name}), sizeof k_${name}};\n}\n")
endforeach()
string(APPEND text "}  // namespace webjs::embedded\n")
file(WRITE ${OUTPUT} "${text}")
