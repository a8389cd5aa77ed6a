// Where the tests find what they read and run. Compiled once, so that no other file depends on
// where the sources lie.
#pragma once

#include <string>

namespace kilat {

std::string mnist_folder();
std::string docs_folder();
std::string program_path();  // of kilat; empty where the test program has none

}  // namespace kilat
