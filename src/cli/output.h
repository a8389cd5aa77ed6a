// The two streams of the program.
#pragma once

#include <string>
#include <string_view>

#include "report/json.h"

namespace kilat {

// Opens /dev/null for each standard stream that is closed, so that no file opened later gets its
// descriptor. It is opened for the wrong direction, so that using the stream stays an error.
void occupy_standard_streams();

// Writes results to stdout. Throws Error (Failure::run) when they cannot be written.
void print_result(std::string_view text);

// Writes the only document on stdout. Bytes that are not UTF-8, as in a file name, are replaced.
void print_json(const Json& json);

// Flushes stdout. Throws Error if earlier output could not be written.
void flush_results();

// Writes "kilat: TEXT" as one line to stderr, with control characters (from a file name, say)
// replaced. Errors of stderr are ignored, since they cannot be reported.
void print_note(std::string_view text);

}  // namespace kilat
