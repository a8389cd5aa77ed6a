// The sections of report.html, one function each; an empty string where there is nothing to show.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <kilat/network.h>
#include <kilat/train.h>

#include "report/confusion.h"

namespace kilat {

// Most first-layer units shown, and most classes that a confusion matrix has room for.
constexpr std::size_t kShownUnits = 40;
constexpr std::size_t kMatrixClasses = 64;

// The page's style sheet: light, dark, phone and print.
std::string_view html_style();

// Loss, accuracy, learning rate and, where there are any, dead units over the epochs.
std::string html_charts(std::span<const Evaluation> history);

// The confusion matrix with recall and precision at its edges; a list where there are too many
// classes for a matrix. `data_name` says which data.
std::string html_confusion(const Confusion& confusion, std::string_view data_name);

// Small pictures with true and predicted label; mistakes without an image, or with one of more than
// 256 x 256 pixels, are left out.
std::string html_mistakes(std::span<const Misclassified> mistakes, std::string_view data_name);

// Weights of the first layer's units as pictures: of those with the largest product of the norms
// of their incoming and outgoing weights. Without hidden layers, of the classes. Nothing for images
// without {rows, cols} or of more than 256 x 256 pixels.
std::string html_units(const Network& network);

}  // namespace kilat
