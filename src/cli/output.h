// The two streams of the program.
#pragma once

#include <string>
#include <string_view>

#include "report/json.h"

namespace kilat {

// Closed standard streams are given to /dev/null, opened the wrong way round: no file opened later
// gets their numbers, and writing to them stays an error.
void occupy_standard_streams();

// Writes results to stdout. Throws Error (Failure::run) when they cannot be written.
void print_result(std::string_view text);

// As the one document on stdout. Text that is not UTF-8, such as an odd file name, is patched.
void print_json(const Json& json);

// Throws Error when something printed before has not reached its reader.
void flush_results();

// Writes "kilat: TEXT" as one line to stderr, control characters in it (of a file's name, say)
// replaced. That stderr cannot be written is ignored: nobody is left to be told.
void print_note(std::string_view text);

}  // namespace kilat
