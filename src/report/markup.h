// Text made safe for HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace kilat {

// `text` for element contents and quoted attributes: & < > " ' are written as references; bytes
// that are not UTF-8, and characters that HTML forbids, become U+FFFD.
std::string escape(std::string_view text);

}  // namespace kilat
