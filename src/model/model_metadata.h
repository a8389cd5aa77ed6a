// What a model file's metadata says about a network beside its weights.
//
//   format               "pt": what readers of PyTorch's files look for
//   kilat.widths         "784-800-10", and behind it where a hidden layer's activation is not ReLU
//                        one for all or one for each: "784-800-10, leaky-relu 0.01"
//   kilat.normalisation  "shift,scale", in digits that give the same floats again
//   kilat.classes        "0,1,2": the label of each output
//   kilat.image_shape    "28x28"; left out for plain rows
#pragma once

#include <string_view>

#include <kilat/model_file.h>

namespace kilat {

// The entries above.
Metadata describe_network(const Network& network);

// Whether a key is one of the entries above, which callers cannot set.
bool is_network_key(std::string_view key);

// Sets normalisation, classes and image shape of `network` from the entries above; see load_model
// for what the missing ones mean. Throws Error, without naming the file, for an entry that cannot
// be read or contradicts the widths.
void apply_metadata(const Metadata& metadata, Network& network);

}  // namespace kilat
